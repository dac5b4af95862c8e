import type { Question } from "../../manifest/fix/question.ts";
import type { Fix } from "../../manifest/fix.ts";
import { harmless } from "./terminal.ts";

/** What was done to a file, what it took for granted, what its author has to decide and what is left. */
export function notesOn(path: string, { changes, unresolved }: Fix, questions: readonly Question[]): string {
  const done = changes.flatMap(({ line, what, assumed, meaning }) => [
    `${path}:${line} ${what}`,
    ...(assumed === undefined ? [] : [`    assumed: ${assumed}`]),
    ...(meaning === undefined ? [] : [`    changed in meaning: ${meaning}`]),
  ]);
  const left = unresolved.flatMap((problem) => {
    const asked = questions.find((question) => question.problem.path === problem.path)?.choices;
    const next = asked === undefined ? problem.fix : `decide: ${asked.map(({ what }) => what).join(", or ")}`;
    return [`${path}:${problem.place.line} still wrong: ${problem.message}`, `    ${next}`];
  });
  const lines = changes.length + unresolved.length === 0 ? [`${path}: nothing to fix`] : [...done, ...left];
  return `${lines.map((line) => harmless(line.replaceAll("\n", " "))).join("\n")}\n`;
}
