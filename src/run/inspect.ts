import { messageOf } from "../errors.ts";
import { abreast, askAgain } from "./abreast.ts";
import type { Command, NodeTrouble } from "./event.ts";
import type { Hands } from "./hands.ts";
import type { Victim } from "./target.ts";

/** One finding is enough to have failed; a few hundred are enough to look for the cause. */
const MOST_FINDINGS = 200;
const LONGEST_FINDING = 500;
/** Nobody is hit any more, so that there is time to ask again. */
const LONGEST_ASKING_MS = 10_000;

type Found = { readonly found: readonly string[]; readonly unread: readonly NodeTrouble[] };

/** Asks every daemon of a run what is left: in its books, and in the kernel of each victim. */
export async function inspectNodes(command: Extract<Command, { do: "inspect" }>, hands: Hands): Promise<Found> {
  const byNode = [...Map.groupBy(command.victims, ({ node }) => node)];
  const answers = await abreast(byNode, ([node, victims]) => inspectNode(node, command.oneShot ? [] : victims, hands));
  const found = answers.flatMap((answer) => answer.found).slice(0, MOST_FINDINGS);
  return { found, unread: answers.flatMap(({ unread }) => unread).slice(0, MOST_FINDINGS) };
}

async function inspectNode(node: string, victims: readonly Victim[], hands: Hands): Promise<Found> {
  const { faults, clock, terms } = hands;
  const ask = <T>(work: () => Promise<T>) => askAgain(work, clock, clock.now() + LONGEST_ASKING_MS);
  try {
    const active = await ask(() => faults.active(node, terms.runId));
    const refs = victims.map(({ ref }) => ref);
    // Asking about no victim would ask about everybody's; after a kill there is nothing of ours in any kernel.
    const residue = refs.length === 0 ? [] : await ask(() => faults.residue(node, refs));
    const found = [...active.map((id) => `${node}: fault ${id} is still active`), ...residue];
    return { found: found.slice(0, MOST_FINDINGS).map((one) => one.slice(0, LONGEST_FINDING)), unread: [] };
  } catch (thrown) {
    // Not knowing is not the same as nothing.
    return { found: [], unread: [{ node, why: messageOf(thrown) }] };
  }
}
