// How soon the guard sees the predicted errors, and what they cost of the error budget until the fault is undone: an objective as
// the guard reads it and the predicted share of errors enter; figures and remarks leave.

import type { ImpactRemark } from "./codes.ts";
import { budgetShare, damagedRequests, detection, requestsToTell } from "./detection.ts";
import { isFigure } from "./domain.ts";
import type { Input, Prediction } from "./prediction.ts";
import { milliseconds, percentOf, short } from "./units.ts";

/** An objective that bounds a share of errors from above, with what decides when it is seen to be broken. */
export type Guarded = {
  readonly objective: string;
  readonly threshold: number;
  /** What the baseline may have. */
  readonly usual: number;
  readonly windowSeconds: number;
  /** Age that a sample may have, which is the longest that a scrape may be away. */
  readonly maxAgeSeconds: number;
  readonly budget?: {
    /** 0.999 of 99.9 %. */
    readonly promise: number;
    readonly periodSeconds: number;
    /** Share of the budget that one run may spend. */
    readonly spend: number;
  };
};

/** Requests of a caller and the share of them that is predicted to fail. */
export type Failing = { readonly subject: string; readonly share: number; readonly rate: Input };

/** Two guard polls are this far apart at a runner that nobody configured (CHAOSGATE_POLL_SECONDS). */
const POLL_SECONDS = 2;
/** Undoing is one call to each node. */
const UNDO_SECONDS = 1;
/** A runner that dies takes the lease's whole term to be missed: 45 s (daemon.proto, LeaseTerms). */
const LEASE_SECONDS = 45;

export type GuardVerdict = { readonly predictions: readonly Prediction[]; readonly remarks: readonly ImpactRemark[] };

/** What a guard makes of predicted errors; nothing where it never sees them. */
export function predictGuard(guarded: Guarded, failing: Failing, durationSeconds: number | undefined): GuardVerdict {
  const seen = detection(timing(guarded), failing.share);
  const few = tooFew(guarded, failing, durationSeconds);
  if (seen.kind !== "detected") return { predictions: [], remarks: few };
  const until = durationSeconds === undefined ? seen.latestSeconds : Math.min(seen.latestSeconds, durationSeconds);
  const detects = detectionFigure(guarded, failing, seen.earliestSeconds, seen.latestSeconds);
  const spent = budgetFigure(guarded, failing, until);
  return {
    predictions: [detects, ...(spent === undefined ? [] : [spent])],
    remarks: [...few, ...(spent === undefined ? [] : tooSlow(guarded, spent))],
  };
}

function timing({ windowSeconds, threshold, maxAgeSeconds }: Guarded) {
  return { windowSeconds, threshold, scrapeSeconds: maxAgeSeconds, pollSeconds: POLL_SECONDS };
}

function inputsOf({ objective, threshold, windowSeconds, maxAgeSeconds }: Guarded, failing: Failing): readonly Input[] {
  const of = (name: string, value: number, unit: string, key: string): Input => {
    return { name, value, unit, from: "settings", at: `objectives.${objective}.${key}` };
  };
  return [
    of("window of the query", windowSeconds, "s", "query"),
    of("threshold", threshold, "ratio", "below"),
    of("age of a sample", maxAgeSeconds, "s", "maxAge"),
    { name: "guard poll", value: POLL_SECONDS, unit: "s", from: "default", at: "CHAOSGATE_POLL_SECONDS" },
    { name: "predicted errors", value: failing.share, unit: "ratio", from: "manifest", at: "error-share" },
  ];
}

function detectionFigure(guarded: Guarded, failing: Failing, earliest: number, latest: number): Prediction {
  return {
    id: "guard-detects",
    subject: guarded.objective,
    title: `Time until ${guarded.objective} is seen to be broken`,
    value: latest,
    unit: "s",
    interval: [earliest, latest],
    binding: "guard",
    formula: "w x h / e, and at the most one scrape and one poll more",
    source: "a share over a window of w rises as t x e / w and crosses h",
    inputs: inputsOf(guarded, failing),
    sentence: `the guard aborts ${milliseconds(1000 * earliest)} to ${milliseconds(1000 * latest)} after the errors begin`,
  };
}

/** At the worst nobody has a fallback, and the runner dies at the moment of detection, so that the lease ends the fault. */
function budgetFigure(guarded: Guarded, failing: Failing, untilSeconds: number): Prediction | undefined {
  const { budget, objective } = guarded;
  if (budget === undefined) return undefined;
  const rate = failing.rate.value;
  const after = (undoSeconds: number) => {
    const damage = damagedRequests(rate, failing.share, untilSeconds, undoSeconds);
    return isFigure(damage) ? budgetShare(damage, rate, budget.periodSeconds, budget.promise) : damage;
  };
  const [value, worst] = [after(UNDO_SECONDS), after(LEASE_SECONDS)];
  if (!isFigure(value) || !isFigure(worst)) return undefined;
  return {
    id: "budget-spent",
    subject: objective,
    title: `Error budget of ${objective} spent at the most`,
    value,
    baseline: 0,
    unit: "ratio",
    interval: [0, worst],
    binding: "guard",
    formula: "lambda x e x (T_detect + T_undo) / (lambda x period x (1 - SLO))",
    source: "Google SRE workbook, chapter 5; high end: the lease ends the fault, 45 s",
    inputs: [
      failing.rate,
      ...inputsOf(guarded, failing),
      { name: "SLO", value: budget.promise, unit: "ratio", from: "settings", at: `objectives.${objective}.budget.slo` },
      {
        name: "SLO period",
        value: budget.periodSeconds,
        unit: "s",
        from: "settings",
        at: `objectives.${objective}.budget.period`,
      },
    ],
    sentence: `until the guard has undone it the fault costs up to ${percentOf(value)} of the error budget`,
  };
}

function tooSlow({ objective, budget }: Guarded, { value }: Prediction): readonly ImpactRemark[] {
  if (budget === undefined || value <= budget.spend) return [];
  return [
    {
      code: "guard-too-slow",
      severity: "warning",
      path: "spec",
      message: `until ${objective} is seen to be broken and the fault undone, up to ${percentOf(value)} of its error budget is spent, and the settings allow ${percentOf(budget.spend)}.`,
      fix: "Hit fewer pods, shorten the window of the objective's query, or allow more.",
    },
  ];
}

function tooFew(
  { objective, threshold, usual }: Guarded,
  { rate }: Failing,
  durationSeconds: number | undefined,
): readonly ImpactRemark[] {
  const needed = requestsToTell(usual, threshold);
  if (durationSeconds === undefined || !isFigure(needed) || rate.value <= 0) return [];
  const seconds = needed / rate.value;
  if (seconds <= durationSeconds) return [];
  return [
    {
      code: "rate-too-low",
      severity: "warning",
      path: "spec.duration",
      message: `telling ${percentOf(threshold)} of errors from the usual ${percentOf(usual)} of ${objective} takes ${short(needed)} requests, which is ${milliseconds(1000 * seconds)} at ${short(rate.value)} a second, and the fault lasts ${milliseconds(1000 * durationSeconds)}.`,
      fix: "Let it last longer, send more traffic, or bound the errors less tightly.",
    },
  ];
}
