// A review that knew the live pods shows predictions, and a selection, that later moments cannot make again without them. They are kept, invisibly,
// in the text of the review's own check run, so that a run can show beside its measurements what was really predicted.

import { gunzipSync, gzipSync } from "node:zlib";
import type { Prediction } from "../impact/prediction.ts";
import type { Review } from "../review/review.ts";
import type { ReviewedSelection } from "../selector/drift.ts";
import { type Check, LONGEST_TEXT, REVIEW } from "./checks.ts";
import { readReviewMark } from "./marks.ts";

export type Shown = Readonly<
  Record<string, { readonly predictions: readonly Prediction[]; readonly selection?: ReviewedSelection }>
>;

const LINE = /^<!-- chaosgate:shown ([\w-]{1,65000}) -->/;
const LARGEST_UNPACKED = 1_000_000;

/** The text of a review's check with what was shown as its invisible first line, where there is something and room for it. */
export function withShown(review: Review, text: string): string {
  const line = writeShown(review);
  return line.length + text.length > LONGEST_TEXT ? text : `${line}${text}`;
}

function writeShown(review: Review): string {
  const seen = review.experiments.filter(({ selection }) => selection !== undefined);
  if (seen.length === 0) return "";
  const shown = Object.fromEntries(
    seen.map(({ path, index, impact, reviewedSelection: selection }) => [
      `${path}#${index}`,
      { predictions: impact.predictions.map(withoutPlaces), ...(selection !== undefined && { selection }) },
    ]),
  );
  const packed = gzipSync(JSON.stringify(shown)).toString("base64url");
  return `<!-- chaosgate:shown ${packed} -->\n`;
}

/** Queries and nodes are the cluster's own names, and anybody who reads the repository can unpack this. */
function withoutPlaces(prediction: Prediction): Prediction {
  const inputs = prediction.inputs.map(({ at, ...input }) =>
    input.from === "live" || at === undefined ? input : { ...input, at },
  );
  return { ...prediction, inputs };
}

/** What was shown for this very plan and environment at this head; nothing when no runner had answered yet. */
export function shownBy(checks: readonly Check[], review: Review): Shown {
  const check = checks.find(({ name }) => name === REVIEW);
  const mark = check === undefined ? undefined : readReviewMark(check.externalId);
  if (check === undefined || mark?.plan !== review.plan || mark?.environment !== review.environment) return {};
  const packed = LINE.exec(check.text)?.[1];
  if (packed === undefined) return {};
  const unpacked = gunzipSync(Buffer.from(packed, "base64url"), { maxOutputLength: LARGEST_UNPACKED });
  return JSON.parse(unpacked.toString("utf8")) as Shown;
}
