// A CODEOWNERS file: its text and a folder enter, the folder's owners leave. As GitHub reads it ("About code owners"): the last
// pattern that matches decides, also one without owners; a line that cannot be read is skipped; `!`, `[ ]` and `\#` are no patterns.

type Rule = { readonly pattern: readonly string[]; readonly owners: readonly string[] };

/** GitHub ignores a file of 3 MB; a line longer than this names nobody whom a reader could take in. */
const LONGEST_LINE = 2000;

const OWNER = /^(?:@[A-Za-z0-9][\w.-]*(?:\/[\w.-]+)?|[^\s@]+@[^\s@]+)$/;

/** Stands for the files of a folder: no pattern can name it, and `*` matches it. */
const ANY_FILE = "\0";

/** The owners of the files in a folder, `@user`, `@org/team` or an address each; none where no rule gives any. */
export function codeOwnersOf(folder: string, text: string): readonly string[] {
  const path = [...folder.split("/").filter((part) => part !== "" && part !== "."), ANY_FILE];
  const lines = text.split(/\r?\n/).filter((line) => line.length <= LONGEST_LINE);
  return lines.flatMap(ruleOf).findLast(({ pattern }) => matchesPath(pattern, path))?.owners ?? [];
}

function ruleOf(line: string): readonly Rule[] {
  const [pattern = "", ...owners] = line
    .replace(/(^|\s)#[\s\S]*$/, "")
    .trim()
    .split(/\s+/);
  if (pattern === "" || /^[!\\]|[[\]]/.test(pattern) || owners.some((owner) => !OWNER.test(owner))) return [];
  return [{ pattern: partsOf(pattern), owners }];
}

/** A pattern without a slash before its end is looked for in every folder, and one that names a folder takes all that is in it. */
function partsOf(pattern: string): readonly string[] {
  const parts = pattern.split("/").filter((part) => part !== "");
  const isAnchored = pattern.slice(0, -1).includes("/");
  const isOfFiles = isAnchored && parts.at(-1) === "*" && !pattern.endsWith("/");
  return [...(isAnchored ? [] : ["**"]), ...parts, ...(isOfFiles ? [] : ["**"])];
}

function matchesPath(pattern: readonly string[], path: readonly string[]): boolean {
  return matches(pattern, path, "**", (one, part) => matches([...one], [...part], "*", fits));
}

function fits(one: string, letter: string): boolean {
  return one === "?" || one === letter;
}

/** `star` matches any number of items. Only the last star is ever tried again, so the time is at most the lengths' product. */
function matches(
  pattern: readonly string[],
  items: readonly string[],
  star: string,
  isFit: (one: string, item: string) => boolean,
): boolean {
  let [at, next, lastStar, taken] = [0, 0, -1, 0];
  while (next < items.length) {
    const [one, item = ""] = [pattern[at], items[next]];
    if (one === star) [lastStar, at, taken] = [at, at + 1, next];
    else if (one !== undefined && isFit(one, item)) [at, next] = [at + 1, next + 1];
    else if (lastStar >= 0) [at, taken, next] = [lastStar + 1, taken + 1, taken + 1];
    else return false;
  }
  return pattern.slice(at).every((one) => one === star);
}
