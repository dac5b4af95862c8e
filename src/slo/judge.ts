// Answers of a metrics store enter, one reading per objective leaves. Nothing here ever turns "not known" into a number:
// an empty answer, a NaN and an error each have a kind of their own, and only `ok` is ok.

import type { Bound, Objective, Reading } from "./objective.ts";

export type Sample = { readonly labels: Readonly<Record<string, string>>; readonly value: number; readonly at: number };

/** What an instant query came back with. An error is a value, because a blind guard must decide on it. */
export type QueryAnswer =
  | { readonly ok: true; readonly series: readonly Sample[] }
  | { readonly ok: false; readonly error: string };

/** The answers to an objective's queries at one poll; `traffic` when the objective asks for it. */
export type ObjectiveAnswers = {
  readonly value: QueryAnswer;
  readonly freshness: QueryAnswer;
  readonly traffic?: QueryAnswer;
};

type Judgement = Pick<Reading, "kind" | "detail"> & { readonly value?: number };

const LONGEST_DETAIL = 300;

/** Judges one objective at one moment against `bound`: its own, or its stricter one while the baseline is taken. */
export function judge(
  objective: Objective,
  answers: ObjectiveAnswers,
  at: number,
  bound: Bound = objective.bound,
): Reading {
  const judgement = blindness(objective, answers) ?? measure(objective, answers, bound);
  const { name, scope } = objective;
  return { objective: name, scope, at, bound, ...judgement, detail: judgement.detail.slice(0, LONGEST_DETAIL) };
}

/** True when a value keeps the promise. NaN never does. */
export function holds(bound: Bound, value: number): boolean {
  return bound.kind === "below" ? value < bound.value : value > bound.value;
}

/** The bound as people say it: `below 0.02`. */
function boundText({ kind, value }: Bound): string {
  return `${kind} ${value}`;
}

function blindness(objective: Objective, answers: ObjectiveAnswers): Judgement | undefined {
  return failedQuery(answers) ?? staleness(objective, answers) ?? thinTraffic(objective, answers);
}

function failedQuery(answers: ObjectiveAnswers): Judgement | undefined {
  for (const [which, answer] of Object.entries(answers)) {
    if (!answer.ok) return { kind: "query-error", detail: `the ${which} query failed: ${answer.error}` };
  }
  return undefined;
}

/** Instant answers carry the time of evaluation, so a value of a dead exporter looks new: its age is asked for separately. */
function staleness({ maxAgeSeconds }: Objective, { freshness }: ObjectiveAnswers): Judgement | undefined {
  const ages = valuesOf(freshness);
  if (ages.length === 0) return { kind: "no-data", detail: "the freshness query returned no series" };
  if (ages.some(Number.isNaN)) return { kind: "no-data", detail: "the freshness query returned NaN" };
  const oldest = Math.max(...ages.map(Math.abs));
  if (oldest <= maxAgeSeconds) return undefined;
  return {
    kind: "stale",
    detail: `the newest sample is ${round(oldest)} s away from now, allowed are ${maxAgeSeconds} s`,
  };
}

function thinTraffic({ traffic: asked }: Objective, { traffic }: ObjectiveAnswers): Judgement | undefined {
  if (asked === undefined) return undefined;
  const rates = traffic === undefined ? [] : valuesOf(traffic);
  if (rates.length === 0) return { kind: "no-data", detail: "the traffic query returned no series" };
  if (rates.every((rate) => rate >= asked.atLeast)) return undefined;
  const least = rates.some(Number.isNaN) ? Number.NaN : Math.min(...rates);
  return { kind: "not-enough-traffic", detail: `${round(least)} requests/s, at least ${asked.atLeast} are needed` };
}

/** Every series counts: one that breaches is a breach whatever the others say, and one that cannot tell spoils an `ok`. */
function measure(objective: Objective, answers: ObjectiveAnswers, bound: Bound): Judgement {
  const values = valuesOf(answers.value);
  if (values.length === 0) return { kind: "no-data", detail: "the query returned no series" };
  const numbers = values.filter((value) => !Number.isNaN(value));
  const worst = bound.kind === "below" ? Math.max(...numbers) : Math.min(...numbers);
  if (numbers.some((value) => !holds(bound, value))) {
    return {
      kind: "breach",
      ...finite(worst),
      detail: `${objective.title} is ${round(worst)}, promised ${boundText(bound)}`,
    };
  }
  if (numbers.length < values.length) {
    return {
      kind: "not-enough-traffic",
      detail: `${values.length - numbers.length} of ${values.length} series are NaN (0/0)`,
    };
  }
  return { kind: "ok", ...finite(worst), detail: `${round(worst)}, promised ${boundText(bound)}` };
}

function valuesOf(answer: QueryAnswer): readonly number[] {
  return answer.ok ? answer.series.map(({ value }) => value) : [];
}

/** JSON has no infinity, so a reading that is infinite says so in its detail only. */
function finite(value: number): { readonly value?: number } {
  return Number.isFinite(value) ? { value } : {};
}

function round(value: number): number {
  return Number(value.toPrecision(4));
}
