import { decide } from "./decide.ts";
import type { Objective, Reading } from "./objective.ts";

/** A baseline that was not steady for one window within this many is not going to be. */
const MOST_WINDOWS = 4;

/** Before a fault blindness endangers nobody, so it is waited out for as long as the windows last. */
const PATIENT = { polls: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY };

export type Baseline =
  | { readonly kind: "wait" }
  | { readonly kind: "met" }
  | { readonly kind: "refused"; readonly because: string };

/**
 * Whether the steady state holds before any fault: each of the last `polls` readings of every objective is ok by its baseline
 * bound. The first breach refuses; blindness starts the window anew, and refuses when no window was whole after a few.
 */
export function judgeBaseline(readings: readonly Reading[], objectives: readonly Objective[], polls: number): Baseline {
  const decision = decide(readings, PATIENT);
  if (decision.kind === "stop") return refused(decision.because);
  const steady = objectives.every(({ name }) => okTail(readings, name) >= polls);
  if (steady && objectives.length > 0) return { kind: "met" };
  if (readings.length < MOST_WINDOWS * polls * objectives.length) return { kind: "wait" };
  const blind = readings.findLast(({ kind }) => kind !== "ok");
  return refused(`the guard could not see ${blind?.objective} for long enough: ${blind?.kind}, ${blind?.detail}`);
}

function refused(why: string): Baseline {
  return { kind: "refused", because: `no steady state to start from: ${why}` };
}

function okTail(readings: readonly Reading[], name: string): number {
  const own = readings.filter(({ objective }) => objective === name);
  return own.length - 1 - own.findLastIndex(({ kind }) => kind !== "ok");
}
