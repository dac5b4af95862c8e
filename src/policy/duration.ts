import type { Experiment } from "../manifest/experiment.ts";

export type EffectiveDuration = {
  /** Absent: neither manifest nor cap ends the fault. */
  readonly durationMs?: number;
  /** The manifest's own duration, when the cap shortened it. */
  readonly cappedFromMs?: number;
};

/** What will be applied: the shorter of the manifest's duration and the cap; a one-shot action has no duration. */
export function effectiveDuration(experiment: Experiment, capMs: number | undefined): EffectiveDuration {
  const { durationMs } = experiment;
  if (durationMs === undefined) return capMs === undefined ? {} : { durationMs: capMs };
  if (capMs === undefined || durationMs <= capMs) return { durationMs };
  return { durationMs: capMs, cappedFromMs: durationMs };
}

/** Actions that happen once and are over: nothing to end. */
export function isOneShot(experiment: Experiment): boolean {
  return experiment.kind === "PodChaos" && experiment.pod.action !== "pod-failure";
}
