import type { Place, Suggestion } from "../problem.ts";
import type { Span } from "./node.ts";

/** A file's text that can say at which line and column an offset is. */
export class Source {
  readonly text: string;
  readonly #lineStarts: readonly number[];

  constructor(text: string) {
    this.text = text;
    this.#lineStarts = lineStartsOf(text);
  }

  /** 1-based; `endColumn` is the column after the last character. */
  placeOf(span: Span): Place {
    const line = this.#lineAt(span.start);
    const endLine = this.#lineAt(span.end);
    return {
      line,
      column: span.start - this.startOf(line) + 1,
      endLine,
      endColumn: span.end - this.startOf(endLine) + 1,
    };
  }

  /** The inverse of `placeOf`. */
  spanOf({ line, column, endLine = line, endColumn = column }: Place): Span {
    return { start: this.startOf(line) + column - 1, end: this.startOf(endLine) + endColumn - 1 };
  }

  /** `text` instead of `span`; a comment further right on the line keeps its column where there is room. */
  replacement(span: Span, text: string): { readonly span: Span; readonly text: string } {
    const rest = this.text.slice(span.end, this.endOf(this.#lineAt(span.end)));
    const gap = /^( {2,})#/.exec(rest)?.[1]?.length ?? 0;
    const kept = gap === 0 ? 0 : Math.max(1, gap + (span.end - span.start) - text.length);
    return { span: { start: span.start, end: span.end + gap }, text: text + " ".repeat(kept) };
  }

  /** The line break that the text uses. */
  get lineBreak(): "\r\n" | "\n" {
    return this.text.includes("\r\n") ? "\r\n" : "\n";
  }

  /** The rewrite of the whole line on which `span` stands; undefined where the span crosses lines. */
  suggestion(span: Span, meant: string): Suggestion | undefined {
    const line = this.#lineAt(span.start);
    if (this.#lineAt(span.end) !== line) return undefined;
    const edit = this.replacement(span, meant);
    const before = this.text.slice(this.startOf(line), edit.span.start);
    return { line, endLine: line, replacement: before + edit.text + this.text.slice(edit.span.end, this.endOf(line)) };
  }

  /** Offset of the first character of a 1-based line. */
  startOf(line: number): number {
    return this.#lineStarts[line - 1] ?? this.text.length;
  }

  /** Offset after the last character of a 1-based line, without its line break. */
  endOf(line: number): number {
    const next = this.#lineStarts[line];
    if (next === undefined) return this.text.length;
    return this.text[next - 2] === "\r" ? next - 2 : next - 1;
  }

  #lineAt(offset: number): number {
    let [low, high] = [0, this.#lineStarts.length];
    while (low + 1 < high) {
      const middle = (low + high) >>> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle;
    }
    return low + 1;
  }
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let index = text.indexOf("\n"); index >= 0; index = text.indexOf("\n", index + 1)) starts.push(index + 1);
  return starts;
}
