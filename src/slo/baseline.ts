import { DEFAULT_GRACE, decide, type Grace } from "./decide.ts";
import type { Objective, Reading } from "./objective.ts";

/** A baseline that was not steady for one window within this many is not going to be. */
const MOST_WINDOWS = 6;

export type Baseline =
  | { readonly kind: "wait" }
  | { readonly kind: "met" }
  | { readonly kind: "refused"; readonly because: string };

/**
 * Whether the steady state holds before any fault: each of the last `polls` readings of every objective is ok by its baseline
 * bound. The first breach refuses; blindness is waited out within the grace and starts the window anew.
 */
export function judgeBaseline(
  readings: readonly Reading[],
  objectives: readonly Objective[],
  polls: number,
  grace: Grace = DEFAULT_GRACE,
): Baseline {
  const decision = decide(readings, grace);
  if (decision.kind === "stop")
    return { kind: "refused", because: `no steady state to start from: ${decision.because}` };
  const steady = objectives.every(({ name }) => okTail(readings, name) >= polls);
  if (steady && objectives.length > 0) return { kind: "met" };
  if (readings.length < MOST_WINDOWS * polls * objectives.length) return { kind: "wait" };
  return { kind: "refused", because: "no steady state to start from: it could be seen only now and then" };
}

function okTail(readings: readonly Reading[], name: string): number {
  const own = readings.filter(({ objective }) => objective === name);
  return own.length - 1 - own.findLastIndex(({ kind }) => kind !== "ok");
}
