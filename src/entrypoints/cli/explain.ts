import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { nearest } from "../../manifest/text/nearest.ts";
import { RULES } from "../../review/rules.ts";
import { plainPage } from "./plain-page.ts";
import { print, styled } from "./terminal.ts";
import { WrongWords } from "./words.ts";

/** `chaosgate explain [CODE]`: the page of a rule, or the list of all rules. */
export function explainCommand(codes: readonly string[]): number {
  const [code, ...more] = codes;
  if (more.length > 0) throw new WrongWords("explain takes one rule");
  print(code === undefined ? `${[...RULES.keys()].sort().join("\n")}\n` : pageOf(code));
  return 0;
}

function pageOf(code: string): string {
  if (!RULES.has(code)) throw new WrongWords(noRule(code, [...RULES.keys()]));
  return plainPage(readFileSync(join(pagesAbove(import.meta.dirname), `${code}.md`), "utf8"), bold);
}

function bold(text: string): string {
  return styled("bold", text);
}

function noRule(code: string, known: readonly string[]): string {
  const meant = nearest(code, known);
  const next = meant === undefined ? "chaosgate explain lists them" : `did you mean ${meant}?`;
  return `there is no rule ${JSON.stringify(code)}; ${next}`;
}

/** The pages lie beside the sources and beside the bundle alike, at another distance. */
function pagesAbove(folder: string): string {
  const pages = join(folder, "docs/rules");
  if (existsSync(pages)) return pages;
  if (dirname(folder) === folder) throw new Error("docs/rules is not beside this program; install it whole");
  return pagesAbove(dirname(folder));
}
