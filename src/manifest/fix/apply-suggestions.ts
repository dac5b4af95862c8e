import type { Finding, Problem } from "../problem.ts";
import type { Patient, Remedy } from "./repair.ts";

/** Takes every certain one-line rewrite that a problem or a finding brings, one for each line. */
export function applySuggestions({ judged, source }: Patient): readonly Remedy[] {
  const byLine = new Map<number, Problem | Finding>();
  for (const problem of [...judged.problems, ...judged.findings])
    if (problem.suggestion !== undefined && !byLine.has(problem.suggestion.line))
      byLine.set(problem.suggestion.line, problem);
  return [...byLine.values()].flatMap(({ path, fix, place, suggestion }) => {
    if (suggestion === undefined) return [];
    const span = { start: source.startOf(suggestion.line), end: source.endOf(suggestion.line) };
    const change = { what: `${path}: ${fix}`, line: place.line };
    return [{ path, edits: [{ span, text: suggestion.replacement }], change }];
  });
}
