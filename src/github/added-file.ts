// The bytes of a file that a pull request adds, out of the diff that GitHub lists anyway: a request less for each new manifest.

import { createHash } from "node:crypto";

/** A file as the list of a pull request's files shows it. */
export type Listed = {
  readonly status: string;
  readonly patch?: string | undefined;
  /** The blob's id. */
  readonly sha: string | null;
  /** Names the commit that the list is about. */
  readonly contents_url: string;
};

const HEADER = /^@@ -0,0 \+1(,\d+)? @@$/;
const NO_NEWLINE = "\\ No newline at end of file";

/**
 * The exact bytes of an added file at `ref`; undefined where the diff does not give them. The blob's id says whether they are the ones:
 * a diff is cut when it is long, and replaces what is not UTF-8.
 */
export function bytesOfAdded({ status, patch, sha, contents_url }: Listed, ref: string): Buffer | undefined {
  // The branch may have moved since its head was read, and the list is of another commit then.
  if (status !== "added" || patch === undefined || refOf(contents_url) !== ref) return undefined;
  const [header = "", ...lines] = patch.split("\n");
  if (!HEADER.test(header)) return undefined;
  // A symbolic link is a blob as well, of a path that does not end its line; what it leads to is GitHub's to say.
  if (lines.at(-1) === NO_NEWLINE || !lines.every((line) => line.startsWith("+"))) return undefined;
  const bytes = Buffer.from(`${lines.map((line) => line.slice(1)).join("\n")}\n`);
  return blobId(bytes, sha ?? "") === sha ? bytes : undefined;
}

function refOf(contentsUrl: string): string | null {
  return URL.canParse(contentsUrl) ? new URL(contentsUrl).searchParams.get("ref") : null;
}

/** As git names a blob, by the hash that the repository uses. */
function blobId(bytes: Buffer, alike: string): string {
  const hash = createHash(alike.length === 64 ? "sha256" : "sha1");
  return hash.update(`blob ${bytes.byteLength}\0`).update(bytes).digest("hex");
}
