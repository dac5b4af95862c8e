// What the run's own readings say of the impact model: each objective that measures a figure of it, beside the prediction of that
// figure. A reading is a rate over a window that the fault filled only in part, which is reckoned back.

import type { Prediction } from "../impact/prediction.ts";
import type { MeasuredFigure, Objective } from "../slo/objective.ts";
import { longestRangeSeconds } from "../slo/range.ts";
import type { Measured } from "./report.ts";
import type { Story } from "./story.ts";

/** A pool is full when all of it is in use; what Prometheus divides is exact to more digits than this. */
const FULL = 0.999;

type Fault = { readonly injectedAt: number; readonly revertedAt: number };
type Point = { readonly at: number; readonly value: number };
type Found = Pick<Measured, "value" | "unit" | "how">;

/** Nothing before a fault was put in place, and nothing for a figure that nobody measures. */
export function modelFigures(
  objectives: readonly Objective[],
  story: Story,
  predictions: readonly Pick<Prediction, "id" | "subject" | "title">[],
): readonly Measured[] {
  const fault = faultOf(story);
  if (fault === undefined) return [];
  return measuring(objectives).flatMap(({ objective, figure }) => {
    const prediction = predictions.find(({ id }) => id === figure);
    const found = measure(figure, objective, story, fault);
    if (found === undefined) return [];
    const subject = prediction?.subject ?? predictions.find(({ subject: one }) => one.includes(" -> "))?.subject;
    return [{ id: figure, subject: subject ?? objective.name, title: prediction?.title ?? objective.title, ...found }];
  });
}

type Measuring = { readonly objective: Objective; readonly figure: MeasuredFigure };

/** What the settings name; where they name no measure of errors, the first share of errors inside the blast radius is one. */
function measuring(objectives: readonly Objective[]): readonly Measuring[] {
  const named = objectives.flatMap((objective) =>
    objective.measures === undefined ? [] : [{ objective, figure: objective.measures }],
  );
  if (named.some(({ figure }) => figure === "error-share")) return named;
  const errors = objectives.find(({ unit, scope, bound, measures }) => {
    return unit === "ratio" && scope === "inside" && bound.kind === "below" && measures === undefined;
  });
  return errors === undefined ? named : [{ objective: errors, figure: "error-share" }, ...named];
}

function faultOf({ victims, updatedAt }: Story): Fault | undefined {
  if (victims.length === 0) return undefined;
  return {
    injectedAt: Math.min(...victims.map(({ injectedAt }) => injectedAt)),
    revertedAt: Math.max(...victims.map(({ revertedAt }) => revertedAt ?? updatedAt)),
  };
}

function measure(figure: MeasuredFigure, objective: Objective, story: Story, fault: Fault): Found | undefined {
  const [before, under] = [points(story, "baseline", objective), points(story, "watching", objective)];
  switch (figure) {
    case "error-share":
      return errorShare(objective, [...under, ...points(story, "verifying", objective)], fault);
    case "time-to-saturation":
      return saturation(under, fault);
    case "threads":
      return found(largest(under), "threads", "the most that were in use at one poll under the fault");
    case "window-throughput":
      return found(mean(under), "B/s", "mean of the polls under the fault");
    case "added-latency":
      return added(mean(before), mean(under));
    case "arrival-rate":
      return found(mean(before), "1/s", "mean of the baseline's polls");
    case "service-time":
      return found(scaled(mean(before)), "ms", "mean of the baseline's polls");
  }
}

/** The most that a window of w saw of a fault of length t is the share of errors times min(t, w) / w. */
function errorShare({ query }: Objective, seen: readonly Point[], fault: Fault): Found | undefined {
  const [peak, window] = [largest(seen), longestRangeSeconds(query)];
  const lasted = (fault.revertedAt - fault.injectedAt) / 1000;
  if (peak === undefined || window === undefined || lasted <= 0) return undefined;
  const filled = Math.min(1, lasted / window);
  const how =
    filled === 1
      ? "the most that was read; the fault lasted longer than the query's window"
      : `the most that was read, ${percent(peak)}, over the ${percent(filled)} of the query's window that the fault filled`;
  return { value: Math.min(1, peak / filled), unit: "ratio", how };
}

function saturation(under: readonly Point[], { injectedAt }: Fault): Found | undefined {
  const full = under.find(({ value }) => value >= FULL);
  if (full === undefined) return undefined;
  const before = under.findLast(({ at }) => at < full.at)?.at ?? injectedAt;
  const apart = Math.max(0, (full.at - before) / 1000).toFixed(1);
  return {
    value: (full.at - injectedAt) / 1000,
    unit: "s",
    how: `first poll with a full pool; polls were ${apart} s apart`,
  };
}

function added(before: number | undefined, under: number | undefined): Found | undefined {
  if (before === undefined || under === undefined) return undefined;
  const value = 1000 * (under - before);
  return { value, unit: "ms", how: "mean of the polls under the fault, less the mean of the baseline's" };
}

function points(
  { readings }: Story,
  during: "baseline" | "watching" | "verifying",
  { name }: Objective,
): readonly Point[] {
  return readings.flatMap(({ objective, value, at, during: part }) =>
    part === during && objective === name && value !== undefined ? [{ at, value }] : [],
  );
}

function found(value: number | undefined, unit: string, how: string): Found | undefined {
  return value === undefined ? undefined : { value, unit, how };
}

function largest(all: readonly Point[]): number | undefined {
  return all.length === 0 ? undefined : Math.max(...all.map(({ value }) => value));
}

function mean(all: readonly Point[]): number | undefined {
  return all.length === 0 ? undefined : all.reduce((sum, { value }) => sum + value, 0) / all.length;
}

function scaled(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : 1000 * seconds;
}

function percent(share: number): string {
  return `${Number((100 * share).toPrecision(3))} %`;
}
