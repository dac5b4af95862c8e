import type { Problem } from "../problem.ts";
import { entriesOf, type Located } from "../yaml/node.ts";
import { applyEdits, type Edit } from "./edit.ts";
import { insertionInto, removalOf } from "./entry.ts";
import { holderOf, lastStepOf, locate } from "./locate.ts";
import { type Patient, patientsIn } from "./repair.ts";

// What only the author can decide: a problem, and the ways out of it. Every way was tried: it leaves fewer problems than there were.

export type Choice = { readonly what: string; readonly edits: readonly Edit[] };

export type Question = {
  /** 0-based index of the document within its file. */
  readonly document: number;
  readonly problem: Problem;
  readonly choices: readonly Choice[];
};

/** Fields that may go: the cluster reads none of them. */
const REMOVABLE = new Set(["field-unknown", "template-block-foreign", "duration-in-workflow", "value-not-listed"]);

/** Asks about every problem of a text that has ways out, in the order of the file; ways are tried when the question is taken. */
export function* questionsIn(text: string): Generator<Question> {
  const before = problemsIn(text);
  for (const patient of patientsIn(text))
    for (const alike of groupsOf(patient.judged.problems)) {
      const choices = waysOutOf(alike, patient).filter(({ edits }) => helps(text, edits, before));
      const [problem] = alike;
      if (problem !== undefined && choices.length > 0) yield { document: patient.judged.index, problem, choices };
    }
}

/** One field that nobody knows, in many items of a list, is one question. */
function groupsOf(problems: readonly Problem[]): readonly (readonly Problem[])[] {
  const groups = Map.groupBy(problems, ({ code, path }) =>
    code === "field-unknown" ? path.replaceAll(/\[\d+\]/g, "[]") : `${code} ${path}`,
  );
  return [...groups.values()];
}

function waysOutOf(alike: readonly Problem[], patient: Patient): readonly Choice[] {
  const [first = [], ...others] = alike.map((problem) => waysOut(problem, patient));
  if (others.length === 0) return first;
  const everywhere = [first, ...others].flatMap((ways) => ways.flatMap(({ edits }) => edits));
  const [only] = first;
  return only === undefined ? [] : [{ what: `${only.what} in all ${alike.length} places`, edits: everywhere }];
}

/** The text with a choice made. */
export function withChoice(text: string, { edits }: Choice): string {
  return applyEdits(text, edits);
}

function helps(text: string, edits: readonly Edit[], before: number): boolean {
  const after = applyEdits(text, edits);
  const left = problemsIn(after);
  return left < before && (left > 0 || patientsIn(after).length > 0);
}

function problemsIn(text: string): number {
  return patientsIn(text).reduce((sum, { judged }) => sum + judged.problems.length, 0);
}

function waysOut(problem: Problem, { document, source }: Patient): readonly Choice[] {
  const { code, path, place, choices = [] } = problem;
  const [holder, name] = [holderOf(document, path), lastStepOf(path)];
  const isThere = entriesOf(holder).some((entry) => entry.name === name);
  const written = choices.flatMap((value) => {
    const edit = isThere
      ? source.replacement(source.spanOf(place), value)
      : holder && insertionInto(holder, `${name}: ${value}`, source);
    return edit === undefined ? [] : [{ what: isThere ? `write ${value}` : `add ${name}: ${value}`, edits: [edit] }];
  });
  const removal = REMOVABLE.has(code) ? removalAt(locate(document, path), source) : undefined;
  return removal === undefined ? written : [...written, { what: `remove ${name}`, edits: [removal] }];
}

function removalAt(found: Located | undefined, source: Patient["source"]): Edit | undefined {
  return found === undefined ? undefined : removalOf(found, source);
}
