import { execFileSync } from "node:child_process";
import { statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { messageOf } from "../../errors.ts";
import { namesOfFiles, type TextFile } from "./files.ts";
import { WrongWords } from "./words.ts";

const LARGEST = 16 << 20;

/**
 * The same files as a commit has them, and those below the named folders that are gone since. A file that the commit does not have
 * is left out, and so is standard input.
 */
export function filesAt(ref: string, names: readonly string[]): readonly TextFile[] {
  const folders = names.filter((name) => statSync(name, { throwIfNoEntry: false })?.isDirectory());
  const files = namesOfFiles(names).filter((name) => name !== "-");
  const found = [
    ...folders.flatMap((folder) => listed(ref, folder, ".").filter(({ path }) => /\.ya?ml$/.test(path))),
    ...files.flatMap((file) => listed(ref, dirname(file), basename(file))),
  ];
  return [...new Map(found.map((one) => [one.path, one])).values()].map(({ path, folder, object }) => {
    return { path, text: git(folder, ["cat-file", "blob", object]) };
  });
}

type Listed = { readonly path: string; readonly folder: string; readonly object: string };

/** Files alone: a link's text is a path, and a submodule's commit is elsewhere. */
function listed(ref: string, folder: string, name: string): readonly Listed[] {
  const commit = git(folder, ["rev-parse", "--verify", "--end-of-options", `${ref}^{commit}`]).trim();
  const lines = git(folder, ["ls-tree", "-r", "-z", commit, "--", name]).split("\0");
  return lines.flatMap((line) => {
    const [, object = "", path = ""] = /^100\d+ blob (\w+)\t([\s\S]*)$/.exec(line) ?? [];
    return path === "" ? [] : [{ path: join(folder, path), folder, object }];
  });
}

function git(folder: string, words: readonly string[]): string {
  try {
    const options = { encoding: "utf8", maxBuffer: LARGEST, timeout: 30_000, stdio: "pipe" } as const;
    return execFileSync("git", ["-C", folder, ...words], options);
  } catch (error) {
    throw new WrongWords(`git could not read the base: ${messageOf(error).replace(/\s+/g, " ")}`);
  }
}
