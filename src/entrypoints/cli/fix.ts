import { writeFileSync } from "node:fs";
import { isatty } from "node:tty";
import { createTwoFilesPatch } from "diff";
import { type Answerer, answered } from "../../manifest/fix/answered.ts";
import { type Question, questionsIn } from "../../manifest/fix/question.ts";
import { type Fix, fixManifest } from "../../manifest/fix.ts";
import { atTerminal, firstChoice } from "./ask.ts";
import { readFiles, type TextFile } from "./files.ts";
import { notesOn } from "./fix-notes.ts";
import { print, printError, printJson } from "./terminal.ts";
import { formatOf, type Options, WrongWords } from "./words.ts";

type Fixed = { readonly file: TextFile; readonly fix: Fix; readonly questions: readonly Question[] };

/** `chaosgate fix FILE...`: what would repair the files as a diff on standard output, what was assumed on standard error. */
export function fixCommand(names: readonly string[], options: Options): number {
  const format = formatOf(options, ["text", "json"]);
  if (options.write && names.includes("-")) throw new WrongWords("--write needs a file to write to");
  const fixed: Fixed[] = [];
  for (const file of readFiles(names)) {
    const done = fixFile(file, options, format === "text" && !names.includes("-"));
    if (options.write && done.fix.fixed !== file.text) writeFileSync(file.path, done.fix.fixed);
    if (format === "text") printFix(done, options);
    fixed.push(done);
  }
  if (format === "json") printJson(fixed.map(({ file, fix, questions }) => ({ path: file.path, ...fix, questions })));
  return fixed.some(({ fix }) => fix.unresolved.length > 0) ? 1 : 0;
}

function fixFile(file: TextFile, options: Options, mayAsk: boolean): Fixed {
  const namespacePolicy = options["keep-namespace"] ? "keep" : "move-to-selector";
  const repair = (text: string) => fixManifest(text, { namespacePolicy });
  const answerer = answererOf(file, options, mayAsk);
  const fix = answerer === undefined ? repair(file.text) : answered(repair(file.text), repair, answerer);
  return { file, fix, questions: openIn(fix) };
}

/** Each way out of each question is tried on the whole file, so a file of a thousand mistakes gets its first ones answered. */
const MOST_QUESTIONS = 50;

function openIn({ fixed }: Fix): readonly Question[] {
  const open: Question[] = [];
  for (const question of questionsIn(fixed)) if (open.push(question) === MOST_QUESTIONS) break;
  return open;
}

function answererOf({ path }: TextFile, { yes }: Options, mayAsk: boolean): Answerer | undefined {
  if (yes) return firstChoice;
  return mayAsk && isatty(0) && isatty(2) ? atTerminal(path) : undefined;
}

function printFix({ file, fix, questions }: Fixed, { write, diff }: Options): void {
  const asText = file.path === "stdin" && !diff;
  if (asText) print(fix.fixed);
  else if (!write && fix.fixed !== file.text) print(createTwoFilesPatch(file.path, file.path, file.text, fix.fixed));
  printError(notesOn(file.path, fix, questions));
}
