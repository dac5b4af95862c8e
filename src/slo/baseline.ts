import { DEFAULT_GRACE, decide, type Grace } from "./decide.ts";
import type { Objective, Reading } from "./objective.ts";

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
  return steady && objectives.length > 0 ? { kind: "met" } : { kind: "wait" };
}

function okTail(readings: readonly Reading[], name: string): number {
  const own = readings.filter(({ objective }) => objective === name);
  return own.length - 1 - own.findLastIndex(({ kind }) => kind !== "ok");
}
