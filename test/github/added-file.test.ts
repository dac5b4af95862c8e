import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bytesOfAdded, type Listed } from "../../src/github/added-file.ts";
import { changesBetween } from "../../src/playground/github/git/changes.ts";
import { createGitStore } from "../../src/playground/github/git/store.ts";

const HEAD = "a".repeat(40);

function blobId(text: string | Buffer, hash = "sha1"): string {
  const bytes = Buffer.from(text as string);
  return createHash(hash).update(`blob ${bytes.length}\0`).update(bytes).digest("hex");
}

function listed(text: string, more: Partial<Listed> = {}): Listed {
  const lines = text.replace(/\n$/, "").split("\n");
  const end = text.endsWith("\n") ? "" : "\n\\ No newline at end of file";
  const range = lines.length === 1 ? "1" : `1,${lines.length}`;
  const patch = `@@ -0,0 +${range} @@\n${lines.map((line) => `+${line}`).join("\n")}${end}`;
  const contents_url = `https://api.github.com/repos/acme/shop/contents/a.yaml?ref=${HEAD}`;
  return { status: "added", patch, sha: blobId(text), contents_url, ...more };
}

describe("the bytes of an added file", () => {
  it("are those of its diff, whatever they are", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zé: \-+\\\t\r\n]{0,60}$/), (most) => {
        const text = `${most}\n`;
        expect(bytesOfAdded(listed(text), HEAD)?.toString()).toBe(text);
      }),
    );
  });

  it("are those of the stand-in's diff, which another program writes", () => {
    for (const text of [
      "kind: PodChaos\n",
      "a: 1\nb: 2\n",
      "a: 1\r\n",
      "\n",
      "\n\n",
      "+\n-\n\\ No newline at end of file\n",
    ]) {
      const store = createGitStore();
      const sha = blobId(text);
      store.blobs.set(sha, Buffer.from(text));
      const [change] = changesBetween(store, new Map(), new Map([["a.yaml", sha]]));
      const { contents_url } = listed(text);
      expect(bytesOfAdded({ ...change, contents_url } as Listed, HEAD)?.toString()).toBe(text);
    }
  });

  it("are taken in a repository that hashes by SHA-256, too", () => {
    expect(bytesOfAdded(listed("a: 1\n", { sha: blobId("a: 1\n", "sha256") }), HEAD)?.toString()).toBe("a: 1\n");
  });

  it.each([
    { name: "of a symbolic link, whose blob is a path", file: listed("../elsewhere/delay.yaml"), ref: HEAD },
    { name: "of a file that was changed", file: listed("a: 1\n", { status: "modified" }), ref: HEAD },
    { name: "where GitHub shows no diff", file: listed("a: 1\n", { patch: undefined }), ref: HEAD },
    { name: "of another commit than is meant", file: listed("a: 1\n"), ref: "b".repeat(40) },
    { name: "of a diff that was cut", file: { ...listed("a: 1\nb: 2\n"), patch: "@@ -0,0 +1,2 @@\n+a: 1" }, ref: HEAD },
    {
      name: "that are not UTF-8",
      file: listed("a: \ufffd\n", { sha: blobId(Buffer.from("613a20ff0a", "hex")) }),
      ref: HEAD,
    },
    { name: "of another blob", file: listed("a: 1\n", { sha: blobId("a: 2\n") }), ref: HEAD },
    { name: "of an empty file, of which there is no diff", file: listed("", { patch: "" }), ref: HEAD },
    { name: "without a blob", file: listed("a: 1\n", { sha: null }), ref: HEAD },
    { name: "of a diff with other lines", file: listed("a\n", { patch: "@@ -0,0 +1 @@\n-a" }), ref: HEAD },
    { name: "of an address that is none", file: listed("a: 1\n", { contents_url: "" }), ref: HEAD },
  ])("are not known $name", ({ file, ref }) => {
    expect(bytesOfAdded(file, ref)).toBeUndefined();
  });
});
