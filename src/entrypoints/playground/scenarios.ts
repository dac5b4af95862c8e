// Scenarios of the story: what the review predicted, read from the review itself before the run begins, beside what observers measured
// under it. Both are written into the report with their instants.

import { gunzipSync } from "node:zlib";
import type { Shown } from "../../github/shown.ts";
import type { Prediction } from "../../impact/prediction.ts";
import type { CheckRun, PullRequest } from "../../playground/github/repository.ts";
import type { GitHubSide } from "./github-side.ts";
import { REVIEW_CHECK } from "./seen.ts";
import type { Story } from "./story.ts";

export type Foretold = {
  readonly scenario: string;
  /** Unix ms; before the run that measures it. */
  readonly at: number;
  readonly predictions: readonly Prediction[];
};

/** The predictions that the review keeps for the run, as they are now. */
export async function foretell(
  { github, story }: { readonly github: GitHubSide; readonly story: Story },
  pull: PullRequest,
  scenario: string,
): Promise<Foretold> {
  const packed = await github.standIn.waitFor(
    "a review that knows the live pods",
    () => github.repository.checkRuns.flatMap((run) => (isReviewOf(run, pull) ? packedIn(run) : []))[0],
    30_000,
  );
  const shown = gunzipSync(Buffer.from(packed, "base64url")).toString("utf8");
  const predictions = Object.values(JSON.parse(shown) as Shown).flatMap((experiment) => experiment.predictions);
  story.tell(`scenario ${scenario}: ${predictions.length} figures are predicted`, predictions);
  return { scenario, at: Date.now(), predictions };
}

function isReviewOf({ name, headSha }: CheckRun, pull: PullRequest): boolean {
  return name === REVIEW_CHECK && headSha === pull.headSha;
}

function packedIn({ text }: CheckRun): readonly string[] {
  const [, packed] = /chaosgate:shown ([\w-]+) -->/.exec(text ?? "") ?? [];
  return packed === undefined ? [] : [packed];
}

export type Expectation = {
  readonly figure: string;
  readonly unit: string;
  readonly predicted: number;
  readonly interval?: readonly [low: number, high: number];
  /** What the same figure would be if the fault did nothing. */
  readonly unfaulted: number;
};

/** A figure of the review by its id; NaN where it predicted none, which no measurement can meet. */
export function expected({ predictions }: Foretold, id: Prediction["id"]): Expectation {
  const found = predictions.find((prediction) => prediction.id === id);
  const { value = Number.NaN, baseline = 0, unit = "", interval, title = id } = found ?? {};
  return { figure: title, unit, predicted: value, unfaulted: baseline, ...(interval !== undefined && { interval }) };
}

/** Compares a figure: it must come within `tolerance`, and a model that leaves the fault out must not. */
export function compare(
  story: Story,
  { scenario, at }: Foretold,
  { figure, unit, predicted, unfaulted, interval }: Expectation,
  measured: number,
  tolerance: number,
): void {
  const error = (measured - predicted) / predicted;
  const within = Math.abs(error) <= tolerance;
  const percent = Math.round(100 * tolerance);
  story.check(
    `${scenario}: ${figure} as predicted`,
    within,
    measured,
    `${rounded(predicted)} ${unit} within ${percent} %`,
  );
  const blind = Math.abs(measured - unfaulted) / Math.max(Math.abs(unfaulted), Number.EPSILON);
  story.check(
    `${scenario}: ${figure} would be wrong without the fault in the model`,
    blind > tolerance,
    measured,
    `not ${rounded(unfaulted)} ${unit}`,
  );
  const range = interval === undefined ? {} : { interval };
  story.keep({ scenario, figure, unit, predicted, predictedAt: at, ...range, measured, measuredAt: Date.now(), error });
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
