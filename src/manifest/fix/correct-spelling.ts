import type { Patient, Treatment } from "./repair.ts";

/** Writes the word that was probably meant where only one is near. */
export function correctSpelling({ judged, source }: Patient): Treatment {
  const found = judged.problems.flatMap(({ likely, ...problem }) =>
    likely === undefined ? [] : [{ ...problem, likely }],
  );
  return {
    edits: found.map(({ place, likely }) => source.replacement(source.spanOf(place), likely)),
    changes: found.map(({ path, place, likely }) => ({
      what: `${path}: wrote ${likely}`,
      line: place.line,
      assumed: `${likely} was meant; it is the only word near what was written.`,
    })),
  };
}
