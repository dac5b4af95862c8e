import type { Patient, Remedy } from "./repair.ts";

/** Writes what was probably meant where only one thing is near. */
export function correctSpelling({ judged, source }: Patient): readonly Remedy[] {
  return judged.problems.flatMap(({ path, place, likely }) => {
    if (likely === undefined) return [];
    const assumed = `${likely} was meant; nothing else is near what was written.`;
    const change = { what: `${path}: wrote ${likely}`, line: place.line, assumed };
    return [{ path, edits: [source.replacement(source.spanOf(place), likely)], change }];
  });
}
