// The readings of a run so far enter, go on or stop leaves. A breach stops at once; not knowing stops after a short grace.

import type { Reading } from "./objective.ts";

/** How long a guard may be blind: it stops at the poll that exceeds `polls` in a row, or when `ms` have passed since the first. */
export type Grace = { readonly polls: number; readonly ms: number };

export type Decision =
  | { readonly kind: "go-on" }
  | {
      readonly kind: "stop";
      /** `spillover`: something outside the blast radius degrades, so alerts must ring again. */
      readonly why: "breach" | "spillover" | "blind";
      readonly objective: string;
      readonly because: string;
    };

export const DEFAULT_GRACE: Grace = { polls: 2, ms: 10_000 };

const GO_ON: Decision = { kind: "go-on" };

/** Decides after a poll; `history` is every reading so far, oldest first. */
export function decide(history: readonly Reading[], grace: Grace = DEFAULT_GRACE): Decision {
  const newest = [...new Map(history.map((reading) => [reading.objective, reading])).values()];
  const breaches = newest.filter(({ kind }) => kind === "breach");
  const outside = breaches.find(({ scope }) => scope === "outside");
  if (outside) return stop("spillover", outside, `blast radius exceeded: ${outside.detail}`);
  const [breach] = breaches;
  if (breach) return stop("breach", breach, breach.detail);
  for (const reading of newest) {
    const blind = blindnessOf(
      history.filter(({ objective }) => objective === reading.objective),
      grace,
    );
    if (blind !== undefined) return stop("blind", reading, blind);
  }
  return GO_ON;
}

function blindnessOf(readings: readonly Reading[], grace: Grace): string | undefined {
  const streak = readings.slice(readings.findLastIndex(({ kind }) => kind === "ok") + 1);
  const [first] = streak;
  const last = streak.at(-1);
  if (first === undefined || last === undefined) return undefined;
  const lasted = last.at - first.at;
  if (streak.length <= grace.polls && lasted < grace.ms) return undefined;
  return `the guard could not see ${last.objective} for ${streak.length} polls (${lasted / 1000} s): ${last.kind}, ${last.detail}`;
}

function stop(why: "breach" | "spillover" | "blind", { objective }: Reading, because: string): Decision {
  return { kind: "stop", why, objective, because };
}
