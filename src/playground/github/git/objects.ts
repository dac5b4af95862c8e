import { createHash } from "node:crypto";

/** Repository paths to the ids of their blobs: a whole commit's files, flat. */
export type Files = ReadonlyMap<string, string>;

export type TreeEntry = {
  readonly name: string;
  readonly type: "blob" | "tree";
  readonly mode: "100644" | "040000";
  readonly sha: string;
};

export type Trees = { readonly root: string; readonly trees: ReadonlyMap<string, readonly TreeEntry[]> };

export type Signature = { readonly name: string; readonly email: string; readonly at: number };

/** The id git gives to a file's content. */
export function blobId(content: Buffer): string {
  return objectId("blob", content);
}

/** All tree objects of a set of files, with the ids git would give them. */
export function treesOf(files: Files): Trees {
  const trees = new Map<string, readonly TreeEntry[]>();
  return { root: addTree(files, trees), trees };
}

/** The id git gives to a commit; both times in Unix milliseconds, written in whole seconds of UTC. */
export function commitId(commit: {
  readonly tree: string;
  readonly parents: readonly string[];
  readonly author: Signature;
  readonly committer: Signature;
  readonly message: string;
}): string {
  const lines = [
    `tree ${commit.tree}`,
    ...commit.parents.map((parent) => `parent ${parent}`),
    `author ${signature(commit.author)}`,
    `committer ${signature(commit.committer)}`,
    "",
    commit.message,
  ];
  return objectId("commit", Buffer.from(lines.join("\n")));
}

function addTree(files: Files, trees: Map<string, readonly TreeEntry[]>): string {
  const entries = [...blobsOf(files), ...foldersOf(files, trees)].sort((a, b) =>
    compareBytes(sortName(a), sortName(b)),
  );
  const bytes = entries.map(({ mode, name, sha }) =>
    Buffer.concat([Buffer.from(`${mode.replace(/^0/, "")} ${name}\0`), Buffer.from(sha, "hex")]),
  );
  const id = objectId("tree", Buffer.concat(bytes));
  trees.set(id, entries);
  return id;
}

function blobsOf(files: Files): TreeEntry[] {
  return [...files]
    .filter(([path]) => !path.includes("/"))
    .map(([name, sha]) => ({ name, type: "blob", mode: "100644", sha }));
}

function foldersOf(files: Files, trees: Map<string, readonly TreeEntry[]>): TreeEntry[] {
  const folders = new Map<string, Map<string, string>>();
  for (const [path, sha] of files) {
    const slash = path.indexOf("/");
    if (slash < 0) continue;
    const folder = path.slice(0, slash);
    const inside = folders.get(folder) ?? new Map<string, string>();
    folders.set(folder, inside.set(path.slice(slash + 1), sha));
  }
  return [...folders].map(([name, inside]) => ({ name, type: "tree", mode: "040000", sha: addTree(inside, trees) }));
}

/** git sorts folders as though their names ended in a slash. */
function sortName(entry: TreeEntry): string {
  return entry.type === "tree" ? `${entry.name}/` : entry.name;
}

function compareBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

function signature({ name, email, at }: Signature): string {
  return `${name} <${email}> ${Math.floor(at / 1000)} +0000`;
}

function objectId(type: string, content: Buffer): string {
  return createHash("sha1").update(`${type} ${content.length}\0`).update(content).digest("hex");
}
