import { unprocessable } from "./api/refusal.ts";
import { linesOf, type PatchLine } from "./git/patch.ts";
import { comparison } from "./pulls.ts";
import type { PullRequest, Repository, ReviewComment } from "./repository.ts";

export type NewReviewComment = Pick<ReviewComment, "path" | "body" | "side" | "startLine" | "line">;

/** Throws GitHub's 422 for a comment on lines that the diff does not show, or that lie in two hunks. */
export function refuseOutsideDiff(
  repository: Repository,
  pull: PullRequest,
  commitSha: string,
  { path, side, startLine, line }: NewReviewComment,
): void {
  const file = comparison(repository, pull.baseSha, commitSha).files.find((change) => change.path === path);
  if (file === undefined) throw unprocessable("Path could not be resolved");
  const hunk = hunkOf(linesOf(file.patch), side, line);
  if (hunk === undefined) throw unprocessable("Line could not be resolved");
  if (startLine === undefined) return;
  if (startLine >= line) throw unprocessable("Start line must precede the end line");
  if (!hunk.some((each) => numberOf(each, side) === startLine))
    throw unprocessable("Start line must be part of the same hunk as the line");
}

/** The hunk that a comment stands in, up to its line, as GitHub shows it above the comment, and the line's place in the diff. */
export function diffAt(repository: Repository, pull: PullRequest, comment: ReviewComment) {
  const { path, side, line, commitSha } = comment;
  const file = comparison(repository, pull.baseSha, commitSha).files.find((change) => change.path === path);
  const lines = linesOf(file?.patch ?? "");
  const position = lines.findIndex((each) => numberOf(each, side) === line);
  const start = lines.slice(0, position).findLastIndex(({ kind }) => kind === "hunk");
  const hunk = lines.slice(start, position + 1).map(({ kind, text }) => `${SIGNS[kind]}${text}`);
  return { hunk: hunk.join("\n"), position };
}

const SIGNS = { hunk: "", add: "+", del: "-", same: " " } as const;

/**
 * Whether the head still has a comment's lines, at their place and as they were. GitHub also follows lines that moved; here a
 * comment on those is outdated.
 */
export function isCurrent(repository: Repository, pull: PullRequest, comment: ReviewComment): boolean {
  const { path, side, startLine = comment.line, line, commitSha } = comment;
  if (side === "LEFT" || commitSha === pull.headSha) return true;
  const [then, now] = [commitSha, pull.headSha].map((sha) => {
    const blob = repository.git.commits.get(sha)?.files.get(path);
    return (repository.git.blobs.get(blob ?? "")?.toString() ?? "").split("\n").slice(startLine - 1, line);
  });
  return JSON.stringify(then) === JSON.stringify(now);
}

function hunkOf(
  lines: readonly PatchLine[],
  side: ReviewComment["side"],
  line: number,
): readonly PatchLine[] | undefined {
  const at = lines.findIndex((each) => numberOf(each, side) === line);
  if (at < 0) return undefined;
  const start = lines.slice(0, at).findLastIndex(({ kind }) => kind === "hunk");
  const length = lines.slice(start + 1).findIndex(({ kind }) => kind === "hunk");
  return lines.slice(start, length < 0 ? undefined : start + 1 + length);
}

function numberOf({ before, after }: PatchLine, side: ReviewComment["side"]): number | undefined {
  return side === "RIGHT" ? after : before;
}
