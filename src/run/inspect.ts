import { messageOf } from "../errors.ts";
import type { Command, NodeTrouble } from "./event.ts";
import type { Faults } from "./ports.ts";
import type { Victim } from "./target.ts";

/** One finding is enough to have failed; a few hundred are enough to look for the cause. */
const MOST_FINDINGS = 200;
const LONGEST_FINDING = 500;

type Found = { readonly found: readonly string[]; readonly unread: readonly NodeTrouble[] };

/** Asks every daemon of a run what is left: in its books, and in the kernel of each victim. */
export async function inspectNodes(
  command: Extract<Command, { do: "inspect" }>,
  faults: Faults,
  runId: string,
): Promise<Found> {
  const byNode = Map.groupBy(command.victims, ({ node }) => node);
  const answers = await Promise.all(
    [...byNode].map(([node, victims]) => inspectNode(node, command.oneShot ? [] : victims, faults, runId)),
  );
  return { found: answers.flatMap(({ found }) => found), unread: answers.flatMap(({ unread }) => unread) };
}

async function inspectNode(node: string, victims: readonly Victim[], faults: Faults, runId: string): Promise<Found> {
  try {
    const active = await faults.active(node, runId);
    // Asking about no victim would ask about everybody's; after a kill there is nothing of ours in any kernel.
    const residue =
      victims.length === 0
        ? []
        : await faults.residue(
            node,
            victims.map(({ ref }) => ref),
          );
    const found = [...active.map((id) => `${node}: fault ${id} is still active`), ...residue];
    return { found: found.slice(0, MOST_FINDINGS).map((one) => one.slice(0, LONGEST_FINDING)), unread: [] };
  } catch (thrown) {
    // Not knowing is not the same as nothing.
    return { found: [], unread: [{ node, why: messageOf(thrown) }] };
  }
}
