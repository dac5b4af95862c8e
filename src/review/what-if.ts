// What another delay or loss would do, and the most of either that breaks nothing: an experiment with everything that its review
// looked at enters; figures leave.

import { liveFacts } from "../impact/live-facts.ts";
import { predict } from "../impact/predict.ts";
import type { Impact, Prediction } from "../impact/prediction.ts";
import { type Change, type Largest, largestHarmless, limitsOf, withChange } from "../impact/what-if.ts";
import type { Experiment, ExperimentOf } from "../manifest/experiment.ts";
import type { Selection } from "../selector/selection.ts";
import type { Snapshot } from "../selector/snapshot.ts";
import type { Settings } from "../settings.ts";

/** One point of the line that is drawn: a delay, and the figure under it. */
export type SweepPoint = { readonly delayMs: number; readonly value: number };

export type WhatIf = {
  /** Absent where the manifest has none, or the settings model no call that could break. */
  readonly delayMs?: Largest;
  readonly lossPercent?: Largest;
  /** Threads over the delay beside the pool that has them; absent where neither is known. */
  readonly sweep?: { readonly pool: number; readonly points: readonly SweepPoint[] };
  /** What was asked about, and what it would do. */
  readonly asked?: { readonly change: Change; readonly impact: Impact };
};

export type Looked = {
  readonly selection: Selection | undefined;
  readonly snapshot: Snapshot | undefined;
  readonly settings: Settings;
  /** Names of the objectives that a run would be judged by. */
  readonly objectives: readonly string[];
  readonly change: Change | undefined;
};

/** Delays are tried by the millisecond up to a minute, loss by a tenth of a percent up to what the models of loss hold for. */
const DELAY = { step: 1, most: 60_000 } as const;
const LOSS = { step: 0.1, most: 20 } as const;
const SWEEP_POINTS = 12;

/** Nothing for a fault that has no delay and no loss to change, and nothing where no call of the settings meets it. */
export function whatIf(experiment: Experiment, looked: Looked): WhatIf | undefined {
  if (experiment.kind !== "NetworkChaos") return undefined;
  const { selection, settings, snapshot, change } = looked;
  const live = liveFacts(snapshot, settings.services);
  const at = (changed: Change): Impact => predict(withChange(experiment, changed), selection, settings.services, live);
  const { delay, loss } = experiment.network.netem;
  const limits = limitsOf(boundsOf(looked));
  const asked = change === undefined ? {} : { asked: { change, impact: at(change) } };
  if (!isModelled(at({}).predictions)) return change && asked;
  const sweep = sweepOf(experiment, (delayMs) => at({ delayMs }).predictions);
  return {
    ...(delay !== undefined && {
      delayMs: largestHarmless((delayMs) => at({ delayMs }).predictions, limits, DELAY),
    }),
    ...(loss !== undefined && {
      lossPercent: largestHarmless((lossPercent) => at({ lossPercent }).predictions, limits, LOSS),
    }),
    ...(sweep !== undefined && { sweep }),
    ...asked,
  };
}

/** Whether a limit could ever break: a figure of threads, timeouts or errors must be there. */
function isModelled(predictions: readonly Prediction[]): boolean {
  return predictions.some(({ id }) => id === "threads" || id === "timeout-rule" || id === "error-share");
}

/** The strictest promises inside the blast radius. */
function boundsOf({ objectives, settings }: Looked): Parameters<typeof limitsOf>[0] {
  const strictest = (unit: "ratio" | "seconds") =>
    objectives
      .flatMap((name) => settings.objectives[name] ?? [])
      .filter((one) => one.unit === unit && one.scope === "inside" && one.bound.kind === "below")
      .toSorted((one, other) => one.bound.value - other.bound.value)[0];
  const [errors, seconds] = [strictest("ratio"), strictest("seconds")];
  return {
    ...(errors !== undefined && { errors: { objective: errors.name, below: errors.bound.value } }),
    ...(seconds !== undefined && { seconds: { objective: seconds.name, below: seconds.bound.value } }),
  };
}

/** From no delay to twice what is written, so that both sides of it are seen. */
function sweepOf(
  experiment: ExperimentOf<"NetworkChaos">,
  at: (delayMs: number) => readonly Prediction[],
): WhatIf["sweep"] {
  const written = experiment.network.netem.delay?.latencyMs;
  if (written === undefined || written === 0) return undefined;
  const threads = (delayMs: number) => at(delayMs).find(({ id }) => id === "threads");
  const pool = threads(written)?.inputs.find(({ name }) => name === "pool")?.value;
  if (pool === undefined) return undefined;
  const points = Array.from({ length: SWEEP_POINTS }, (_, index) => {
    const delayMs = Math.round((2 * written * (index + 1)) / SWEEP_POINTS);
    return { delayMs, value: threads(delayMs)?.value ?? 0 };
  });
  return { pool, points };
}
