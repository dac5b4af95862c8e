import { blobId, commitId, type Files, type Signature, type TreeEntry, treesOf } from "./objects.ts";

export type Commit = {
  readonly sha: string;
  readonly tree: string;
  readonly files: Files;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly message: string;
};

/** One repository's objects and branches, in memory; ids are git's own. */
export type GitStore = {
  readonly blobs: Map<string, Buffer>;
  readonly trees: Map<string, readonly TreeEntry[]>;
  readonly commits: Map<string, Commit>;
  readonly branches: Map<string, string>;
};

/** What a push writes: a text replaces a file, null removes it. */
export type FileChanges = Readonly<Record<string, string | null>>;

export function createGitStore(): GitStore {
  return { blobs: new Map(), trees: new Map(), commits: new Map(), branches: new Map() };
}

/** A fork's store: the same objects and branches, from there on its own. */
export function copyGitStore(store: GitStore): GitStore {
  return {
    blobs: new Map(store.blobs),
    trees: new Map(store.trees),
    commits: new Map(store.commits),
    branches: new Map(store.branches),
  };
}

/** Adds a commit with `changes` on top of the first parent's files; moves no branch. */
export function addCommit(
  store: GitStore,
  commit: {
    readonly parents: readonly string[];
    readonly changes: FileChanges;
    readonly author: Signature;
    readonly message: string;
  },
): Commit {
  const files = applyChanges(store, store.commits.get(commit.parents[0] ?? "")?.files ?? new Map(), commit.changes);
  return addCommitOfFiles(store, { ...commit, files });
}

/** Adds a commit whose whole content is `files`, all of whose blobs are already stored. */
export function addCommitOfFiles(
  store: GitStore,
  from: {
    readonly parents: readonly string[];
    readonly files: Files;
    readonly author: Signature;
    readonly message: string;
  },
): Commit {
  const { parents, files, author, message } = from;
  const { root, trees } = treesOf(files);
  for (const [sha, entries] of trees) store.trees.set(sha, entries);
  const sha = commitId({ tree: root, parents, author, committer: author, message });
  const commit: Commit = { sha, tree: root, files, parents, author, message };
  store.commits.set(sha, commit);
  return commit;
}

function applyChanges(store: GitStore, before: Files, changes: FileChanges): Files {
  const files = new Map(before);
  for (const [path, text] of Object.entries(changes)) {
    if (text === null) {
      files.delete(path);
      continue;
    }
    const content = Buffer.from(text);
    const sha = blobId(content);
    store.blobs.set(sha, content);
    files.set(path, sha);
  }
  return files;
}

/** The commit that a branch name, `heads/x`, `refs/heads/x`, or a sha (full or from 7 digits) means. */
export function resolveRef(store: GitStore, ref: string): Commit | undefined {
  const branch = ref.replace(/^(refs\/)?heads\//, "");
  const bySha = store.commits.get(store.branches.get(branch) ?? ref);
  if (bySha || !/^[0-9a-f]{7,39}$/.test(ref)) return bySha;
  return [...store.commits.values()].find(({ sha }) => sha.startsWith(ref));
}

/** Commits reachable from `from`, newest first, without those reachable from `without`. */
export function historyOf(store: GitStore, from: string, without?: string): readonly Commit[] {
  const excluded = without === undefined ? new Set<string>() : new Set(historyOf(store, without).map(({ sha }) => sha));
  const seen = new Map<string, Commit>();
  const waiting = [from];
  for (let sha = waiting.shift(); sha !== undefined; sha = waiting.shift()) {
    const commit = store.commits.get(sha);
    if (!commit || seen.has(sha) || excluded.has(sha)) continue;
    seen.set(sha, commit);
    waiting.push(...commit.parents);
  }
  return [...seen.values()];
}

/** The best common ancestor of two commits; absent for unrelated histories. */
export function mergeBase(store: GitStore, one: string, other: string): Commit | undefined {
  const ofOther = new Set(historyOf(store, other).map(({ sha }) => sha));
  return historyOf(store, one).find(({ sha }) => ofOther.has(sha));
}
