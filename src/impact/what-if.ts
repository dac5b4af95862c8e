// The same experiment with another delay or loss, and the most of either that the model has nothing against. Pure arithmetic over
// predict(): what a suggestion promises is what the next review will say.

import type { Experiment, ExperimentOf } from "../manifest/experiment.ts";
import { parseGoDuration } from "../manifest/text/go-duration.ts";
import type { Prediction } from "./prediction.ts";

/** What is asked about; what is absent stays as it is written. */
export type Change = { readonly delayMs?: number; readonly lossPercent?: number };

/** `delay=200ms`, `loss=1%`, or both with a comma between; undefined for anything else. */
export function parseChange(text: string): Change | undefined {
  const parts = text.slice(0, 100).split(",").map(partOf);
  const names = parts.flatMap((part) => (part === undefined ? [] : Object.keys(part)));
  if (parts.includes(undefined) || new Set(names).size < parts.length) return undefined;
  return Object.assign({}, ...parts) as Change;
}

function partOf(text: string): Change | undefined {
  const [, name, value = ""] = /^(delay|loss)=([\w.]{1,20}%?)$/.exec(text) ?? [];
  if (name === "delay") {
    const delayMs = parseGoDuration(value);
    return delayMs === undefined || delayMs < 0 || delayMs > 3_600_000 ? undefined : { delayMs };
  }
  const percent = /^\d{1,3}(?:\.\d{1,6})?%?$/.test(value) ? Number(value.replace("%", "")) : Number.NaN;
  return name === "loss" && percent <= 100 ? { lossPercent: percent } : undefined;
}

/** The experiment with that change; a jitter never exceeds its delay. Only network faults have anything to change. */
export function withChange(experiment: ExperimentOf<"NetworkChaos">, { delayMs, lossPercent }: Change): Experiment {
  const { netem, action } = experiment.network;
  const delay = { jitterMs: 0, correlation: 0, ...netem.delay };
  return {
    ...experiment,
    network: {
      ...experiment.network,
      action: action === "partition" ? "netem" : action,
      netem: {
        ...netem,
        ...(delayMs !== undefined && {
          delay: { ...delay, latencyMs: delayMs, jitterMs: Math.min(delay.jitterMs, delayMs) },
        }),
        ...(lossPercent !== undefined && { loss: { correlation: 0, ...netem.loss, percent: lossPercent } }),
      },
    },
  };
}

/** What must hold of the predictions; `name` says in a sentence's end what would break it. */
export type Limit = { readonly name: string; readonly holds: (predictions: readonly Prediction[]) => boolean };

/** Pools stay unsaturated, no call times out for certain or by chance, and errors and latencies keep to the objectives' bounds. */
export function limitsOf(bounds: {
  readonly errors?: { readonly objective: string; readonly below: number };
  readonly seconds?: { readonly objective: string; readonly below: number };
}): readonly Limit[] {
  const { errors, seconds } = bounds;
  const worst = (predictions: readonly Prediction[], id: Prediction["id"]): number =>
    Math.max(0, ...predictions.filter((each) => each.id === id).map(({ value }) => value));
  return [
    { name: "the pool fills up", holds: (all) => !all.some(({ id }) => id === "time-to-saturation") },
    errors === undefined
      ? { name: "calls time out", holds: (all) => worst(all, "timeout-rule") === 0 }
      : { name: `${errors.objective} is broken`, holds: (all) => worst(all, "error-share") <= errors.below },
    ...(seconds === undefined
      ? []
      : [
          {
            name: `${seconds.objective} is broken`,
            holds: (all: readonly Prediction[]) => worst(all, "added-latency") / 1000 <= seconds.below,
          },
        ]),
  ];
}

export type Largest =
  /** The largest value for which every limit holds, and what breaks first beyond it. */
  | { readonly kind: "up-to"; readonly value: number; readonly breaks: string }
  /** Even the smallest value breaks a limit. */
  | { readonly kind: "none"; readonly breaks: string }
  /** Nothing breaks up to the most that was tried. */
  | { readonly kind: "any"; readonly most: number };

/**
 * The largest of whole steps from 0 to `most` for which every limit holds. The limits are monotone (laws P1, P9, P11), so halving
 * finds it; `at` gives the predictions of a value.
 */
export function largestHarmless(
  at: (value: number) => readonly Prediction[],
  limits: readonly Limit[],
  { step, most }: { readonly step: number; readonly most: number },
): Largest {
  const broken = (steps: number): Limit | undefined => {
    const predictions = at(steps * step);
    return limits.find(({ holds }) => !holds(predictions));
  };
  const [first, last] = [broken(0), broken(Math.floor(most / step))];
  if (first !== undefined) return { kind: "none", breaks: first.name };
  if (last === undefined) return { kind: "any", most };
  let [good, bad, breaks] = [0, Math.floor(most / step), last.name];
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    const found = broken(middle);
    if (found === undefined) good = middle;
    else [bad, breaks] = [middle, found.name];
  }
  return { kind: "up-to", value: Number((good * step).toPrecision(12)), breaks };
}
