// Who is in the next wave. Bounds: the first victim alone, never more than twice what the last wave placed, and never more than an
// entry of a journal should hold.

import type { Command, Wave } from "../event.ts";
import { remember } from "../ledger.ts";
import type { Injecting, Owed, Step } from "../phase.ts";
import type { Victim } from "../target.ts";

/** An answer of so many receipts is some kilobytes in a journal. */
export const WIDEST_WAVE = 256;

/** Of a guard's time between two polls, this share is always a wave's, also when the poll itself took long. */
const LEAST_SHARE = 0.5;

/** The next wave: its undos are in the ledger from here on. Whoever is owed a fault goes first. */
export function launch(phase: Injecting, at: number): Step {
  const drawn = draw(phase);
  const wave = waveOf(phase, drawn, at);
  const undos = wave.victims.map(({ node }) => ({ kind: "faults", node }) as const);
  const since = phase.next === 0 ? at : phase.since;
  const command: Command = { do: "inject", wave };
  return { phase: { ...phase, ...drawn.left, since, ledger: remember(phase.ledger, ...undos) }, command };
}

/** True when a wave would only give orders again that nobody answered: they wait a while first. */
export function isWaveWaiting(phase: Injecting): boolean {
  return draw(phase).wave.every(({ tries }) => tries > 0);
}

/** Longer with every try of the order that was given most often. */
export function pauseMs({ owed, terms }: Injecting): number {
  const tries = Math.max(1, ...owed.map((one) => one.tries));
  return terms.guard.retryInjectMs * 2 ** (tries - 1);
}

type Drawn = { readonly wave: readonly Owed[]; readonly left: Pick<Injecting, "next" | "owed"> };

function draw({ target, next, owed, width }: Injecting): Drawn {
  const fresh = Math.min(Math.max(0, width - owed.length), target.victims.length - next);
  const all = [...owed, ...Array.from({ length: fresh }, (_, index) => ({ place: next + index, tries: 0 }))];
  return { wave: all.slice(0, width), left: { next: next + fresh, owed: all } };
}

function waveOf({ target, epoch, durationMs, polledAt, terms }: Injecting, { wave }: Drawn, at: number): Wave {
  const { pollMs } = terms.guard;
  return {
    victims: wave.map(({ place }) => victimAt(target.victims, place)),
    order: target.order,
    epoch,
    deadlineMs: durationMs,
    until: Math.max(polledAt + pollMs, at + LEAST_SHARE * pollMs),
  };
}

/** The victim at a place of the target. */
export function victimAt(victims: readonly Victim[], place: number): Victim {
  const victim = victims[place];
  if (victim === undefined) throw new Error(`the target has no victim ${place}`);
  return victim;
}
