import type { ManifestFile } from "../document.ts";
import type { Problem, Suggestion } from "../problem.ts";
import type { Source } from "../yaml/source.ts";
import { applyEdits } from "./edit.ts";
import { type Patient, patientsIn, type Remedy, type Repair } from "./repair.ts";

/** The file with a suggestion at each problem that one of the repairs mends, so that a reader can take them one by one. */
export function withSuggestionsOf(repairs: readonly Repair[], file: ManifestFile, text: string): ManifestFile {
  if (file.documents.every(({ problems }) => problems.length === 0)) return file;
  const patients = new Map(patientsIn(text).map((patient) => [patient.judged.index, patient]));
  const documents = file.documents.map((document) => {
    const patient = patients.get(document.index);
    return patient === undefined ? document : { ...document, problems: suggested(document.problems, patient, repairs) };
  });
  return { ...file, documents };
}

function suggested(problems: readonly Problem[], patient: Patient, repairs: readonly Repair[]): readonly Problem[] {
  const remedies = repairs.flatMap((repair) => repair(patient));
  return problems.map((problem) => {
    const remedy = remedies.find(({ path }) => path === problem.path);
    const found = problem.suggestion ?? (remedy && suggestionOf(remedy, patient.source));
    return found === undefined ? problem : { ...problem, suggestion: found };
  });
}

/** The whole lines that a remedy touches, as they will be. */
function suggestionOf({ edits, change }: Remedy, source: Source): Suggestion | undefined {
  const starts = edits.map(({ span }) => span.start);
  // A removal of whole lines ends where the next line begins, which it does not touch.
  const ends = edits.map(({ span }) => Math.max(span.start, span.end - 1));
  const line = source.placeOf({ start: Math.min(...starts), end: Math.min(...starts) }).line;
  const endLine = source.placeOf({ start: Math.max(...ends), end: Math.max(...ends) }).line;
  const [start, end] = [source.startOf(line), source.endOf(endLine)];
  const moved = edits.map(({ span, text }) => ({ text, span: { start: span.start - start, end: span.end - start } }));
  const replacement = applyEdits(source.text.slice(start, end), moved).replaceAll("\r\n", "\n");
  const assumes = change.assumed === undefined ? {} : { assumes: change.assumed };
  return { line, endLine, replacement: replacement.replace(/\n$/, ""), ...assumes };
}
