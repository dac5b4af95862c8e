// What became of a wave: victims that have their fault, orders to be given again, or the end of the run.

import type { EventOf, Placed, Unplaced } from "../event.ts";
import type { Injecting, Owed, Step } from "../phase.ts";
import type { VictimReport } from "../report.ts";
import { type Story, tell } from "../story.ts";
import type { Victim } from "../target.ts";
import { rollBack } from "./rolling-back.ts";
import { victimAt, WIDEST_WAVE } from "./wave.ts";

/** How often an order is given that nobody answers. */
export const MOST_TRIES = 4;

/** Up to so many of a wave are told of one by one. */
const FEW = 8;

type GoOn = (phase: Injecting, at: number) => Step;

/** Takes in a wave's answer: what was not answered is owed, and ends the run when it was asked for too often. */
export function injected(phase: Injecting, event: EventOf<"injected">, goOn: GoOn): Step {
  const { placed, unplaced, at } = event;
  const next: Injecting = {
    ...phase,
    owed: stillOwed(phase, event),
    width: nextWidth(phase, placed.length, unplaced.length),
    felt: phase.felt || placed.some(({ receipt: { felt } }) => felt.felt && (felt.measured || felt.attested === true)),
    story: told(withVictims(phase, placed), event),
  };
  const because = reasonToUnwind(phase, placed, unplaced);
  return because === undefined ? goOn(next, at) : rollBack(next, { verdict: "inconclusive", because }, at);
}

/** A wave of which nothing was begun, because something was heard just before, says nothing of how wide the next may be. */
function nextWidth({ width }: Injecting, placed: number, unplaced: number): number {
  return placed + unplaced === 0 ? width : Math.min(WIDEST_WAVE, Math.max(1, 2 * placed));
}

/** Orders that were tried wait behind those that were not begun. */
function stillOwed({ owed, target }: Injecting, { placed, unplaced }: EventOf<"injected">): readonly Owed[] {
  const settled = new Set(placed.map(({ faultId }) => faultId));
  const silent = new Set(unplaced.map(({ faultId }) => faultId));
  const idOf = ({ place }: Owed) => victimAt(target.victims, place).faultId;
  const again = owed.filter((one) => silent.has(idOf(one))).map(({ place, tries }) => ({ place, tries: tries + 1 }));
  return [...owed.filter((one) => !settled.has(idOf(one)) && !silent.has(idOf(one))), ...again];
}

function reasonToUnwind(
  { owed, target }: Injecting,
  placed: readonly Placed[],
  unplaced: readonly Unplaced[],
): string | undefined {
  const unfelt = placed.find(({ receipt: { felt } }) => felt.measured && !felt.felt);
  if (unfelt !== undefined) {
    const pod = target.victims.find(({ faultId }) => faultId === unfelt.faultId)?.ref.pod ?? unfelt.faultId;
    return `${pod} did not feel the fault: ${unfelt.receipt.felt.how}`;
  }
  const refused = unplaced.find(({ unanswered }) => !unanswered);
  if (refused !== undefined) return `the fault could not be put in place: ${refused.why}`;
  const tried = new Map(owed.map(({ place, tries }) => [victimAt(target.victims, place).faultId, tries + 1]));
  const lost = unplaced.find(({ faultId }) => (tried.get(faultId) ?? 1) >= MOST_TRIES);
  return lost && `the fault could not be put in place in ${MOST_TRIES} tries: ${lost.why}`;
}

function withVictims({ story, target, owed }: Injecting, placed: readonly Placed[]): Story {
  const waved = new Map(
    owed.map(({ place }) => {
      const victim = victimAt(target.victims, place);
      return [victim.faultId, victim] as const;
    }),
  );
  const reports = placed
    .toSorted((one, other) => one.at - other.at)
    .flatMap((one) => {
      const victim = waved.get(one.faultId);
      return victim === undefined ? [] : [reportOf(victim, one)];
    });
  return { ...story, victims: [...story.victims, ...reports] };
}

function reportOf({ faultId, node, ref }: Victim, { receipt, at }: Placed): VictimReport {
  const { namespace, pod, podUid, container } = ref;
  const { effect, backEnd, felt } = receipt;
  return { faultId, namespace, pod, podUid, container, node, effect, backEnd, felt, injectedAt: at };
}

function told(story: Story, { placed, unplaced, at }: EventOf<"injected">): Story {
  return { ...tellUnanswered(tellPlaced(story, placed, at), unplaced, at), updatedAt: at };
}

function tellPlaced(story: Story, placed: readonly Placed[], at: number): Story {
  const [first] = placed;
  if (first === undefined) return story;
  const all = story.victims.length;
  if (placed.length > FEW) {
    const { effect, backEnd } = first.receipt;
    return tell(story, at, `${effect} by ${backEnd} on ${placed.length} more victims, ${all} by now`);
  }
  const newest = story.victims.slice(-placed.length);
  return newest.reduce(
    (longer, { effect, backEnd, pod, felt, injectedAt }) =>
      tell(longer, injectedAt, `${effect} by ${backEnd} on ${pod}: ${felt.how}`),
    story,
  );
}

function tellUnanswered(story: Story, unplaced: readonly Unplaced[], at: number): Story {
  const silent = unplaced.filter(({ unanswered }) => unanswered);
  const [first] = silent;
  if (first === undefined) return story;
  const which = silent.map(({ faultId }) => faultId).join(", ");
  return tell(story, at, `nobody answered for ${silent.length} of the wave (${first.why}); given again: ${which}`);
}
