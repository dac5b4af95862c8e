import { structuredPatch } from "diff";
import type { Files } from "./objects.ts";
import { type Commit, type GitStore, mergeBase } from "./store.ts";

export type FileChange = {
  readonly path: string;
  readonly status: "added" | "removed" | "modified";
  /** Blob id after the change, or of what was removed. */
  readonly sha: string;
  readonly additions: number;
  readonly deletions: number;
  /** Unified hunks without a file header, as GitHub shows them. */
  readonly patch: string;
};

/** What changed from one set of files to another, in path order. */
export function changesBetween(store: GitStore, before: Files, after: Files): readonly FileChange[] {
  const paths = [...new Set([...before.keys(), ...after.keys()])].sort();
  return paths
    .filter((path) => before.get(path) !== after.get(path))
    .map((path) => changeOf(store, path, before.get(path), after.get(path)));
}

/** The files of a three-way merge of `head` into `base`, or undefined where both changed the same file. */
export function mergedFiles(store: GitStore, base: Commit, head: Commit): Files | undefined {
  const ancestor = mergeBase(store, base.sha, head.sha)?.files ?? new Map<string, string>();
  const merged = new Map(base.files);
  for (const path of new Set([...ancestor.keys(), ...head.files.keys()])) {
    const [was, theirs, ours] = [ancestor.get(path), head.files.get(path), base.files.get(path)];
    if (theirs === was || theirs === ours) continue;
    if (ours !== was) return undefined;
    if (theirs === undefined) merged.delete(path);
    else merged.set(path, theirs);
  }
  return merged;
}

function changeOf(store: GitStore, path: string, was: string | undefined, is: string | undefined): FileChange {
  const [before, after] = [was, is].map((sha) => (sha === undefined ? "" : (store.blobs.get(sha)?.toString() ?? "")));
  const { hunks } = structuredPatch(path, path, before ?? "", after ?? "", "", "", { context: 3 });
  const lines = hunks.flatMap((hunk) => hunk.lines);
  return {
    path,
    status: was === undefined ? "added" : is === undefined ? "removed" : "modified",
    sha: is ?? was ?? "",
    additions: lines.filter((line) => line.startsWith("+")).length,
    deletions: lines.filter((line) => line.startsWith("-")).length,
    patch: hunks.map((hunk) => [hunkHeader(hunk), ...hunk.lines].join("\n")).join("\n"),
  };
}

function hunkHeader(hunk: { oldStart: number; oldLines: number; newStart: number; newLines: number }): string {
  return `@@ -${range(hunk.oldStart, hunk.oldLines)} +${range(hunk.newStart, hunk.newLines)} @@`;
}

function range(start: number, lines: number): string {
  return lines === 1 ? `${start}` : `${lines === 0 ? Math.max(start - 1, 0) : start},${lines}`;
}
