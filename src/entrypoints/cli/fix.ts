import { writeFileSync } from "node:fs";
import { createTwoFilesPatch } from "diff";
import { type Fix, fixManifest } from "../../manifest/fix.ts";
import { readText, type TextFile } from "./files.ts";
import { harmless, print, printError, printJson } from "./terminal.ts";
import { formatOf, type Options, WrongWords } from "./words.ts";

/** `chaosgate fix FILE`: the repaired text on standard output, what was done and assumed on standard error. */
export function fixCommand(names: readonly string[], options: Options): number {
  const format = formatOf(options, ["text", "json"]);
  const [name, ...more] = names;
  if (name === undefined || more.length > 0) throw new WrongWords("fix takes one file");
  if (options.write && name === "-") throw new WrongWords("--write needs a file to write to");
  const file = readText(name);
  const fix = fixManifest(file.text, { namespacePolicy: options["keep-namespace"] ? "keep" : "move-to-selector" });
  if (options.write && fix.fixed !== file.text) writeFileSync(name, fix.fixed);
  if (format === "json") printJson({ path: file.path, ...fix });
  else printFix(file, fix, options);
  return fix.unresolved.length > 0 ? 1 : 0;
}

function printFix(file: TextFile, fix: Fix, { write, diff }: Options): void {
  if (diff) print(createTwoFilesPatch(file.path, file.path, file.text, fix.fixed));
  else if (!write) print(fix.fixed);
  printError(notesOn(file.path, fix));
}

function notesOn(path: string, { changes, unresolved }: Fix): string {
  const done = changes.map(({ line, what, assumed, meaning }) =>
    [`${path}:${line} ${what}`, assumed && `    assumed: ${assumed}`, meaning && `    changed in meaning: ${meaning}`]
      .filter((text) => text !== undefined)
      .join("\n"),
  );
  const left = unresolved.map(({ place, message, fix }) => `${path}:${place.line} still wrong: ${message}\n    ${fix}`);
  const lines = changes.length + unresolved.length === 0 ? [`${path}: nothing to fix`] : [...done, ...left];
  return `${lines.map(harmlessLines).join("\n")}\n`;
}

function harmlessLines(text: string): string {
  return text.split("\n").map(harmless).join("\n");
}
