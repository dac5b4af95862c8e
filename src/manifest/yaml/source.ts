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

  /** The rewrite of the whole line on which `span` stands; undefined where the span crosses lines. */
  suggestion(span: Span, replacement: string): Suggestion | undefined {
    const line = this.#lineAt(span.start);
    if (this.#lineAt(span.end) !== line) return undefined;
    const start = this.startOf(line);
    const before = this.text.slice(start, span.start);
    return { line, endLine: line, replacement: before + replacement + this.text.slice(span.end, this.endOf(line)) };
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
