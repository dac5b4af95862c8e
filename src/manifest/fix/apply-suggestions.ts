import type { Problem } from "../problem.ts";
import type { Patient, Treatment } from "./repair.ts";

/** Takes every certain one-line rewrite that a problem brings, one for each line. */
export function applySuggestions({ judged, source }: Patient): Treatment {
  const byLine = new Map<number, Problem>();
  for (const problem of judged.problems)
    if (problem.suggestion !== undefined && !byLine.has(problem.suggestion.line))
      byLine.set(problem.suggestion.line, problem);
  const chosen = [...byLine.values()];
  const edits = chosen.flatMap(({ suggestion }) =>
    suggestion === undefined
      ? []
      : [
          {
            span: { start: source.startOf(suggestion.line), end: source.endOf(suggestion.line) },
            text: suggestion.replacement,
          },
        ],
  );
  return { edits, changes: chosen.map(({ path, fix, place }) => ({ what: `${path}: ${fix}`, line: place.line })) };
}
