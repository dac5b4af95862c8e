// The check `chaos / review`: a review enters; conclusion, texts and annotations at the manifests' lines leave.

import type { Rendering } from "./audience.ts";
import { bodyOf } from "./comment.ts";
import { visible } from "./escape.ts";
import { identityOf } from "./parts/identity.ts";
import { type FileRemark, remarksOf } from "./parts/remarks.ts";
import { verdictOf } from "./parts/verdict.ts";
import type { Review } from "./review.ts";
import { HARD_LIMIT, join } from "./sections.ts";

export type ReviewAnnotation = {
  readonly path: string;
  readonly start_line: number;
  readonly end_line: number;
  readonly start_column?: number;
  readonly end_column?: number;
  readonly annotation_level: "failure" | "warning" | "notice";
  readonly title: string;
  readonly message: string;
};

export type ReviewCheck = {
  readonly conclusion: "success" | "failure" | "skipped";
  readonly title: string;
  readonly summary: string;
  readonly text: string;
  readonly annotations: readonly ReviewAnnotation[];
};

const MOST_REMARKS = 200;

/** The check; GitHub takes its annotations in batches of 50, which is the caller's business. */
export function renderReviewCheck(review: Review, rendering: Rendering): ReviewCheck {
  const { icon, sentence } = verdictOf(review);
  return {
    conclusion: conclusionOf(review),
    title: visible(sentence).slice(0, 140),
    summary: `${icon} ${identityOf(review)}`,
    text: join(bodyOf(review, rendering, MOST_REMARKS), HARD_LIMIT),
    annotations: remarksOf(review).map(annotation),
  };
}

function conclusionOf({ outcome }: Review): ReviewCheck["conclusion"] {
  switch (outcome) {
    case "no-experiments":
      return "skipped";
    case "invalid":
    case "refused":
      return "failure";
    case "reviewed":
      return "success";
  }
}

const LEVELS = { problem: "failure", error: "failure", warning: "warning", notice: "notice" } as const;

/** GitHub takes columns only for a single line, and the end of a range inclusive. */
function annotation({ path, place, severity, code, message, fix, suggestion }: FileRemark): ReviewAnnotation {
  const { line, column, endLine = line, endColumn = column } = place;
  const columns = line === endLine ? { start_column: column, end_column: Math.max(column, endColumn - 1) } : {};
  const isShort = suggestion !== undefined && suggestion.line === suggestion.endLine && suggestion.replacement !== "";
  const meant = isShort ? `\n\n${visible(suggestion.replacement)}` : "";
  return {
    path,
    start_line: line,
    end_line: endLine,
    ...columns,
    annotation_level: LEVELS[severity],
    title: code,
    message: `${visible(message)}\n${visible(fix)}${meant}`,
  };
}
