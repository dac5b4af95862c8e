import type { Span } from "../yaml/node.ts";
import type { Source } from "../yaml/source.ts";

/** First and last line of an entry, both included. */
export type Lines = { readonly first: number; readonly last: number };

/** The lines of a block map: those under its key's line that are indented at least as far as its entries. */
export class BlockLines {
  readonly #source: Source;
  readonly #indent: number;
  readonly #lines: Lines;

  constructor(source: Source, keyLine: number, indent: number) {
    this.#source = source;
    this.#indent = indent;
    this.#lines = { first: keyLine + 1, last: this.#lastFrom(keyLine, (depth) => depth >= indent) };
  }

  /** The lines of the entry whose key stands on `keyLine`, with the comments directly above it. */
  ofEntry(keyLine: number): Lines {
    let first = keyLine;
    while (
      first > this.#lines.first &&
      isComment(this.#text(first - 1)) &&
      depthOf(this.#text(first - 1)) >= this.#indent
    )
      first -= 1;
    return { first, last: this.#lastFrom(keyLine, (depth) => depth > this.#indent) };
  }

  /** Every comment of an entry except the one on `valueLine`, without its indentation. */
  commentsOf({ first, last }: Lines, valueLine: number): string[] {
    const comments: string[] = [];
    for (let line = first; line <= last; line += 1) {
      const comment = /(?:^|\s)(#.*)$/.exec(this.#text(line))?.[1];
      if (line !== valueLine && comment !== undefined) comments.push(comment);
    }
    return comments;
  }

  /** The characters of whole lines, with the last line's break, or the first one's where the text ends without. */
  spanOf({ first, last }: Lines): Span {
    const end = this.#source.startOf(last + 1);
    const endsFile = end === this.#source.text.length && !this.#source.text.endsWith("\n");
    return { start: endsFile ? this.#source.endOf(first - 1) : this.#source.startOf(first), end };
  }

  /** Where the block's other lines start, blank ones and outdented comments left out. */
  startsOutside(entry: Lines): number[] {
    const starts: number[] = [];
    for (let line = this.#lines.first; line <= this.#lines.last; line += 1) {
      const text = this.#text(line);
      const isOutside = line < entry.first || line > entry.last;
      if (isOutside && text.trim() !== "" && depthOf(text) >= this.#indent) starts.push(this.#source.startOf(line));
    }
    return starts;
  }

  /** The last line after `line` that belongs: comments and blank lines only count when something after them does. */
  #lastFrom(line: number, belongs: (depth: number) => boolean): number {
    let last = line;
    for (let next = line + 1; this.#source.startOf(next) < this.#source.text.length; next += 1) {
      const text = this.#text(next);
      const isContent = text.trim() !== "" && !isComment(text);
      if (isContent && !belongs(depthOf(text))) break;
      if (text.trim() !== "" && belongs(depthOf(text))) last = next;
    }
    return last;
  }

  #text(line: number): string {
    return this.#source.text.slice(this.#source.startOf(line), this.#source.endOf(line));
  }
}

function isComment(text: string): boolean {
  return text.trimStart().startsWith("#");
}

function depthOf(text: string): number {
  return text.length - text.trimStart().length;
}
