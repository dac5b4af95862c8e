/** A line as both sides number it; a hunk's header has neither number. */
export type PatchLine = {
  readonly kind: "hunk" | "add" | "del" | "same";
  readonly before?: number;
  readonly after?: number;
  readonly text: string;
};

/** A patch as numbered lines. */
export function linesOf(patch: string): readonly PatchLine[] {
  let [before, after] = [0, 0];
  return patch
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("\\"))
    .map((line): PatchLine => {
      const hunk = /^@@ -(\d+)(?:,\d+)? \+(\d+)/.exec(line);
      if (hunk) {
        [before, after] = [Number(hunk[1]), Number(hunk[2])];
        return { kind: "hunk", text: line };
      }
      const text = line.slice(1);
      if (line.startsWith("+")) return { kind: "add", after: after++, text };
      if (line.startsWith("-")) return { kind: "del", before: before++, text };
      return { kind: "same", before: before++, after: after++, text };
    });
}
