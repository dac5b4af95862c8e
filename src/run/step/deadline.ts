import type { Reading } from "../../slo/objective.ts";
import type { Ending, Injecting, Watching } from "../phase.ts";
import { readingsOf } from "../story.ts";

/** How a run that reached the end of its duration ends; undefined before. Holding without having felt anything proves nothing. */
export function deadline(phase: Injecting | Watching, at: number): Ending | undefined {
  const { since, durationMs, terms, story } = phase;
  if (at < since + durationMs) return undefined;
  const newest = readingsOf(story, "watching").slice(-terms.objectives.length);
  const blind = newest.find(({ kind }) => kind !== "ok");
  if (blind !== undefined)
    return inconclusive(`the guard could not see ${blind.objective} at the end: ${blind.detail}`);
  if (phase.name === "injecting") return inconclusive("the duration was over before every victim had its fault");
  if (!phase.felt) return inconclusive("every objective held, but nobody could measure that the fault was felt");
  return { verdict: "resilient", because: `every objective held for ${durationMs / 1000} s: ${figures(newest)}` };
}

function figures(readings: readonly Reading[]): string {
  return readings.map(({ objective, detail }) => `${objective} ${detail}`).join("; ");
}

function inconclusive(because: string): Ending {
  return { verdict: "inconclusive", because };
}
