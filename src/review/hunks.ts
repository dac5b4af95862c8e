// A file's patch as GitHub lists it enters; the ranges of lines that a review may comment on leave.

/** 1-based lines of the file as it is after the change, both ends included. */
export type Hunk = { readonly first: number; readonly last: number };

/** Every line of a patch's body starts with a space, `+`, `-` or a backslash, so nothing in a file can look like this. */
const HEADER = /^@@ -\d+(?:,\d+)? \+(\d+)(?:,(\d+))? @@/;

/** The hunks of a patch with lines on its right side; a patch that GitHub left out, as of a very long file, has none. */
export function hunksOf(patch = ""): readonly Hunk[] {
  return patch.split("\n").flatMap((line) => {
    const header = HEADER.exec(line);
    if (header === null) return [];
    const first = Number(header[1]);
    const lines = Number(header[2] ?? 1);
    return lines === 0 ? [] : [{ first, last: first + lines - 1 }];
  });
}
