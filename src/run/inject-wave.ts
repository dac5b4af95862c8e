// A wave enters, what became of each of its orders leaves. On a node one order follows the other, and the first that fails there ends
// the node's part: what comes after it would most likely wait for the same silence.

import { messageOf } from "../errors.ts";
import { abreast, isUnanswered } from "./abreast.ts";
import type { Placed, Unplaced, Wave } from "./event.ts";
import { orderForNode } from "./exempt.ts";
import type { Hands } from "./hands.ts";
import type { FaultRequest } from "./ports.ts";
import type { Victim } from "./target.ts";

type Outcome = { readonly placed: readonly Placed[]; readonly unplaced: readonly Unplaced[] };

/** Puts a wave's faults in place. Begins no order once the guard is due or somebody has a word for the run; never rejects. */
export async function injectWave(wave: Wave, hands: Hands): Promise<Outcome> {
  const { clock } = hands;
  const bell = hands.bell();
  let begun = 0;
  // The first order is always given: a guard that is late for every wave must not keep a run from ever going on.
  const mayBegin = () => !bell.aborted && (begun++ === 0 || clock.now() < wave.until);
  const queues = [...Map.groupBy(wave.victims, ({ node }) => node).values()];
  const outcomes = await abreast(queues, (queue) => injectOnNode(queue, wave, hands, mayBegin));
  return {
    placed: outcomes.flatMap(({ placed }) => placed),
    unplaced: outcomes.flatMap(({ unplaced }) => unplaced),
  };
}

async function injectOnNode(
  queue: readonly Victim[],
  wave: Wave,
  { faults, clock, terms }: Hands,
  mayBegin: () => boolean,
): Promise<Outcome> {
  const placed: Placed[] = [];
  for (const { node, faultId, ref } of queue) {
    if (!mayBegin()) break;
    const { ticket, runId } = terms;
    const { epoch, deadlineMs } = wave;
    const fault = orderForNode(wave.order, node);
    const request: FaultRequest = { ticket, runId, faultId, epoch, victim: ref, deadlineMs, fault };
    try {
      placed.push({ faultId, receipt: await faults.inject(node, request), at: clock.now() });
    } catch (thrown) {
      // Whether this ends the run or is tried again is for the step to decide.
      return { placed, unplaced: [{ faultId, why: messageOf(thrown), unanswered: isUnanswered(thrown) }] };
    }
  }
  return { placed, unplaced: [] };
}
