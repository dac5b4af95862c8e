// What a run asks of many nodes at once. One that does not answer is told of, and hides nothing of what the others say.

import { messageOf } from "../errors.ts";
import { abreast, askAgain } from "./abreast.ts";
import type { AnswerEvent, Command, NodeTrouble } from "./event.ts";
import type { Hands } from "./hands.ts";
import type { NodeCapabilities } from "./ports.ts";

/** Nothing has begun yet, so that there is time to ask again. */
const LONGEST_ASKING_MS = 10_000;

/** Whether namespaces consent, and what their nodes can do. */
export async function askBeforehand(command: Extract<Command, { do: "ask" }>, hands: Hands): Promise<AnswerEvent> {
  const { cluster, clock } = hands;
  const consents = await Promise.all(
    command.namespaces.map(async (namespace) => ({ namespace, consent: await cluster.consent(namespace) })),
  );
  const answers = await abreast(command.nodes, (node) => capabilitiesOf(node, hands));
  return {
    kind: "asked",
    refusedNamespaces: consents.flatMap(({ namespace, consent }) =>
      consent.granted ? [] : [{ namespace, why: consent.why }],
    ),
    nodes: answers.flatMap((answer) => ("why" in answer ? [] : [answer])),
    unreachable: answers.flatMap((answer) => ("why" in answer ? [answer] : [])),
    at: clock.now(),
  };
}

async function capabilitiesOf(node: string, { faults, clock }: Hands): Promise<NodeCapabilities | NodeTrouble> {
  try {
    return await askAgain(() => faults.capabilities(node), clock, clock.now() + LONGEST_ASKING_MS);
  } catch (thrown) {
    // One silent daemon must not hide what the others say.
    return { node, why: messageOf(thrown) };
  }
}

type Renewed = { readonly lost?: NodeTrouble; readonly active: number };

/** Beyond this no node is asked any more, however well the others answer: the guard is blind meanwhile. */
const LONGEST_RENEWAL_MS = 10_000;

/** A runner that is busy itself hears of a call that failed at once a second later, and must not take that for silence. */
const LEAST_PATIENCE_MS = 2_500;

/**
 * Keeps the leases alive. Asks a silent daemon again within the guard's time: among a thousand there is always one that is busy. Where many
 * are silent the guard must not be blind for as long as all of them are waited for.
 */
export async function renewLeases(command: Extract<Command, { do: "renew" }>, hands: Hands): Promise<AnswerEvent> {
  const { terms, clock } = hands;
  const { pollMs } = terms.guard;
  const begun = clock.now();
  const end = begun + LONGEST_RENEWAL_MS;
  const patienceMs = Math.max(pollMs, LEAST_PATIENCE_MS);
  let isLost = false;
  const answers = await abreast(command.nodes, async (node): Promise<Renewed> => {
    const now = clock.now();
    // The run ends by whoever is lost: nobody else needs a lease that is longer.
    if (isLost && now >= begun + pollMs) return { active: 0 };
    const answer =
      now < end
        ? await renewedBy(node, command.epoch, hands, { until: Math.min(now + patienceMs, end), latest: end })
        : lostBy(node, `its turn did not come within ${LONGEST_RENEWAL_MS / 1000} s`);
    isLost ||= answer.lost !== undefined;
    return answer;
  });
  const gone = answers.every(({ active }) => active === 0);
  return { kind: "renewed", lost: answers.flatMap(({ lost }) => lost ?? []), ...(gone && { gone }), at: clock.now() };
}

/** Unix ms, of `askAgain`: until when silence is borne, and until when anything is asked again. */
type Patience = { readonly until: number; readonly latest: number };

/** A daemon that does not answer is lost; the others are renewed all the same. */
async function renewedBy(node: string, epoch: number, hands: Hands, patience: Patience): Promise<Renewed> {
  try {
    return await askAgain(() => renewed(node, epoch, hands), hands.clock, patience.until, patience.latest);
  } catch (thrown) {
    return lostBy(node, messageOf(thrown));
  }
}

function lostBy(node: string, why: string): Renewed {
  return { lost: { node, why }, active: 0 };
}

async function renewed(node: string, epoch: number, hands: Hands): Promise<Renewed> {
  const answer = await hands.faults.renew(node, hands.terms.runId, epoch);
  if (answer.kind === "lost") return lostBy(node, answer.why ?? "its daemon does not know the run any more");
  return { active: await activeOn(node, hands) };
}

/** A daemon that renewed the lease is not lost, and holds a fault, for all that a question without an answer says. */
async function activeOn(node: string, { faults, terms: { runId } }: Hands): Promise<number> {
  try {
    return (await faults.active(node, runId)).length;
  } catch {
    return 1;
  }
}

/** Takes everything of the run back. Every node is asked, whatever another one says. */
export async function revertNodes(command: Extract<Command, { do: "revert" }>, hands: Hands): Promise<AnswerEvent> {
  const { faults, terms, clock } = hands;
  const answers = await abreast(command.nodes, async (node) => {
    const why = await whyNotReverted(() => faults.revert(node, terms.runId, command.epoch));
    return { node, why, at: clock.now() };
  });
  return {
    kind: "reverted",
    freed: answers.flatMap(({ node, why, at }) => (why === undefined ? [{ node, at }] : [])),
    failures: answers.flatMap(({ node, why }) => (why === undefined ? [] : [{ node, why }])),
    at: clock.now(),
  };
}

async function whyNotReverted(work: () => ReturnType<Hands["faults"]["revert"]>): Promise<string | undefined> {
  try {
    const { failures } = await work();
    return failures.length === 0 ? undefined : failures.join("; ");
  } catch (thrown) {
    // Collected like a failure that the daemon tells of: the step tries again.
    return messageOf(thrown);
  }
}
