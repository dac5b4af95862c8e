import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { changesBetween, mergedFiles } from "../../../src/playground/github/git/changes.ts";
import { addCommit, createGitStore, historyOf, mergeBase } from "../../../src/playground/github/git/store.ts";

const AUTHOR = { name: "dev", email: "dev@localhost", at: 1_700_000_000_000 };
const FILES = { "a.yaml": "a: 1\n", "chaos/deep/b.yaml": "b: 1\n", "chaos.yaml": "c\n", "chaos-x/y": "é\n" };

describe("the stand-in's git", () => {
  it("gives commits the ids that git gives them", () => {
    const store = createGitStore();
    const commit = addCommit(store, { parents: [], changes: FILES, author: AUTHOR, message: "first\n" });
    expect(commit.sha).toBe(commitByGit(FILES, "first"));
  });

  it.each([
    { name: "a changed line", after: { "a.yaml": "a: 2\n" }, expected: ["modified", 1, 1] },
    { name: "a new file", after: { "n.yaml": "x\ny\n" }, expected: ["added", 2, 0] },
    { name: "a removed file", after: { "a.yaml": null }, expected: ["removed", 0, 1] },
  ])("tells $name", ({ after, expected }) => {
    const store = createGitStore();
    const first = addCommit(store, { parents: [], changes: FILES, author: AUTHOR, message: "1" });
    const second = addCommit(store, { parents: [first.sha], changes: after, author: AUTHOR, message: "2" });
    const [change] = changesBetween(store, first.files, second.files);
    expect([change?.status, change?.additions, change?.deletions]).toEqual(expected);
  });

  it("merges what different sides changed and refuses what both changed", () => {
    const { store, base, ours, theirs, clash } = parted();
    expect(mergeBase(store, ours.sha, theirs.sha)?.sha).toBe(base.sha);
    expect(mergedFiles(store, ours, theirs)?.size).toBe(Object.keys(FILES).length + 1);
    expect(mergedFiles(store, ours, clash)).toBeUndefined();
  });

  it("counts as history of a branch what the other side does not have", () => {
    const { store, base, ours, theirs } = parted();
    expect(historyOf(store, ours.sha, theirs.sha).map(({ sha }) => sha)).toEqual([ours.sha]);
    expect(historyOf(store, ours.sha).map(({ sha }) => sha)).toEqual([ours.sha, base.sha]);
  });
});

function parted() {
  const store = createGitStore();
  const base = addCommit(store, { parents: [], changes: FILES, author: AUTHOR, message: "base" });
  const on = (changes: Record<string, string>) =>
    addCommit(store, { parents: [base.sha], changes, author: AUTHOR, message: "side" });
  return {
    store,
    base,
    ours: on({ "a.yaml": "a: ours\n" }),
    theirs: on({ "t.yaml": "t\n" }),
    clash: on({ "a.yaml": "a: x\n" }),
  };
}

function commitByGit(files: Readonly<Record<string, string>>, message: string): string {
  const folder = mkdtempSync(join(tmpdir(), "chaosgate-git-"));
  const date = `${AUTHOR.at / 1000} +0000`;
  const identity = { NAME: AUTHOR.name, EMAIL: AUTHOR.email, DATE: date };
  const env = Object.fromEntries(
    ["AUTHOR", "COMMITTER"].flatMap((who) =>
      Object.entries(identity).map(([key, value]) => [`GIT_${who}_${key}`, value]),
    ),
  );
  const git = (...args: readonly string[]) =>
    execFileSync("git", args, { cwd: folder, env: { ...process.env, ...env, GIT_CONFIG_GLOBAL: "/dev/null" } })
      .toString()
      .trim();
  try {
    git("init", "-q");
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    git("add", ".");
    return git("commit-tree", git("write-tree"), "-m", message);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
