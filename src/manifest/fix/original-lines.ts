import { Source } from "../yaml/source.ts";
import type { Edit } from "./edit.ts";

/** Remembers where edits added or removed lines, to translate later line numbers back to the text that was given. */
export class OriginalLines {
  readonly #shifts: { readonly after: number; readonly by: number }[] = [];

  /** Takes note of edits that are about to be made to `text`. */
  note(text: string, edits: readonly Edit[]): void {
    const source = new Source(text);
    for (const { span, text: replacement } of edits) {
      const by = breaksIn(replacement) - breaksIn(text.slice(span.start, span.end));
      if (by !== 0) this.#shifts.push({ after: this.originalOf(source.placeOf(span).line), by });
    }
  }

  /** The line of the text that was given, for a line of the text as it is now. */
  originalOf(line: number): number {
    let original = line;
    for (const { after, by } of this.#shifts) if (original > after) original = Math.max(after, original - by);
    return original;
  }
}

function breaksIn(text: string): number {
  return text.split("\n").length - 1;
}
