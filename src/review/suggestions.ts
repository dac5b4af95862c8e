// The fixes of a review as suggestions that GitHub commits at a click: the review and the pull request's diff enter, one review of
// it with a comment a fix leaves. It never speaks of a line outside the diff, because GitHub refuses the whole review for one.

import { code, sentence, suggestionBlock } from "./escape.ts";
import { type Hunk, hunksOf } from "./hunks.ts";
import { type FileRemark, remarksOf } from "./parts/remarks.ts";
import type { Review } from "./review.ts";

/** A changed file; `patch` is absent where GitHub does not show it. */
export type ChangedFile = { readonly path: string; readonly patch?: string };

/** A comment as GitHub takes it: on one line, or from `start_line` to `line`. */
export type SuggestionComment = {
  readonly path: string;
  readonly body: string;
  readonly line: number;
  readonly side: "RIGHT";
  readonly start_line?: number;
  readonly start_side?: "RIGHT";
};

/** Where a comment stands already, from an earlier commit of the same pull request. */
export type Standing = Pick<SuggestionComment, "path" | "body" | "line">;

export type SuggestionReview = { readonly body: string; readonly comments: readonly SuggestionComment[] };

/** More than a person takes one by one; the check has them all. */
const MOST_COMMENTS = 20;

/** The suggestions that are not said yet; undefined when there are none. */
export function suggestionReview(
  review: Review,
  changed: readonly ChangedFile[],
  standing: readonly Standing[] = [],
): SuggestionReview | undefined {
  const proposals = proposalsOf(remarksOf(review));
  const hunks = new Map(changed.map(({ path, patch }) => [path, hunksOf(patch)]));
  const placed = withoutOverlap(proposals.filter((proposal) => isInside(proposal, hunks.get(proposal.path) ?? [])));
  const said = placed.flatMap((proposal) => commentOf(proposal) ?? []).slice(0, MOST_COMMENTS);
  const comments = said.filter((comment) => !standing.some((known) => isSame(known, comment)));
  if (comments.length === 0) return undefined;
  return { body: summaryOf(comments.length, proposals.length - said.length), comments };
}

type Proposal = {
  readonly path: string;
  readonly first: number;
  readonly last: number;
  readonly replacement: string;
  readonly remarks: readonly FileRemark[];
};

/** One for each rewrite: the same lines may mend several remarks. */
function proposalsOf(remarks: readonly FileRemark[]): readonly Proposal[] {
  const proposals = new Map<string, Proposal>();
  for (const remark of remarks) {
    if (remark.suggestion === undefined) continue;
    const { line: first, endLine: last, replacement } = remark.suggestion;
    const key = JSON.stringify([remark.path, first, last, replacement]);
    const known = proposals.get(key);
    proposals.set(key, { path: remark.path, first, last, replacement, remarks: [...(known?.remarks ?? []), remark] });
  }
  return [...proposals.values()];
}

function isInside({ first, last }: Proposal, hunks: readonly Hunk[]): boolean {
  return hunks.some((hunk) => hunk.first <= first && last <= hunk.last);
}

/** The first of those that rewrite the same line: after one is committed, GitHub could not apply the other. */
function withoutOverlap(proposals: readonly Proposal[]): readonly Proposal[] {
  const kept: Proposal[] = [];
  for (const proposal of proposals) {
    const overlaps = ({ path, first, last }: Proposal) =>
      path === proposal.path && first <= proposal.last && proposal.first <= last;
    if (!kept.some(overlaps)) kept.push(proposal);
  }
  return kept;
}

function commentOf({ path, first, last, replacement, remarks }: Proposal): SuggestionComment | undefined {
  const block = suggestionBlock(replacement);
  if (block === undefined) return undefined;
  const body = [...remarks.map(words), block].join("\n\n");
  const range = first < last ? ({ start_line: first, start_side: "RIGHT" } as const) : {};
  return { path, body, ...range, line: last, side: "RIGHT" };
}

function words({ code: rule, message, fix, suggestion }: FileRemark): string {
  const assumes = suggestion?.assumes === undefined ? "" : ` Taken for granted: ${sentence(suggestion.assumes)}`;
  return `${code(rule)}: ${sentence(message)} ${sentence(fix)}${assumes}`;
}

function isSame(one: Standing, other: Standing): boolean {
  return one.path === other.path && one.line === other.line && one.body === other.body;
}

function summaryOf(count: number, more: number): string {
  const fixes = count === 1 ? "One fix can be committed from here." : `${count} fixes can be committed from here.`;
  return more === 0 ? fixes : `${fixes} The check ${code("chaos / review")} has ${more} more.`;
}
