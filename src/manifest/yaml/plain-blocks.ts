import { type Limits, listNode, mapNode, scalarNode } from "./build.ts";
import type { YamlNode } from "./node.ts";
import { resolvePlain } from "./plain-scalar.ts";
import { Refusal } from "./refusal.ts";

// YAML as most manifests are written -> the same nodes as js-yaml's events give, in four tenths of the time; or undefined, and js-yaml reads
// it. Block maps and lists of one-line scalars, comments, and nothing else: what looks different in any way is left to js-yaml, all
// errors included. test/manifest/yaml/plain-blocks.test.ts holds the two to each other.

const SPACE = 32;
const QUOTE = 34;
const APOSTROPHE = 39;
const HASH = 35;
const HYPHEN = 45;
const COLON = 58;
const BACKSLASH = 92;

/** Tabs, carriage returns and what is not ASCII have rules of their own. */
const ELSEWHERE = /[^\n\x20-\x7e]/;
const LONGEST_TEXT = 64 << 10;
const LONGEST_KEY = 256;
const DEEPEST = 40;

/** Thrown and caught here: the rest of the text is js-yaml's. */
const NOT_PLAIN = { name: "not plain blocks" };

/** The documents of a text, null ones left out; undefined where any part of it is more than plain blocks. Never throws. */
export function readPlainBlocks(text: string, limits: Limits): YamlNode[] | undefined {
  if (text.length > LONGEST_TEXT || ELSEWHERE.test(text)) return undefined;
  try {
    return new PlainBlocks(text, limits).documents();
  } catch (thrown) {
    // What is refused here may be broken further below, and then js-yaml's error is the answer: it looks at the whole text first.
    if (thrown === NOT_PLAIN || thrown instanceof Refusal) return undefined;
    throw thrown;
  }
}

class PlainBlocks {
  readonly #text: string;
  readonly #limits: Limits;
  /** The line that is read next: its first character, its indentation (-1 at the end of a document), and its end. */
  #at = 0;
  #indent = -1;
  #end = 0;
  #isLast = false;
  #depth = 0;

  constructor(text: string, limits: Limits) {
    this.#text = text;
    this.#limits = limits;
  }

  documents(): YamlNode[] {
    const documents: YamlNode[] = [];
    this.#toLine(0);
    for (;;) {
      // Between two documents only separators are left.
      if (this.#indent >= 0) documents.push(this.#block(this.#indent));
      if (this.#indent >= 0) throw NOT_PLAIN;
      if (this.#isLast) return documents;
      this.#toLine(this.#end + 1);
    }
  }

  /** Goes to the first line with content that begins at or after `from`, the start of a line. */
  #toLine(from: number): void {
    const text = this.#text;
    for (let start = from; start < text.length; start = this.#end + 1) {
      const newline = text.indexOf("\n", start);
      this.#end = newline < 0 ? text.length : newline;
      let at = start;
      while (at < this.#end && text.charCodeAt(at) === SPACE) at++;
      if (at === this.#end || text.charCodeAt(at) === HASH) continue;
      this.#at = at;
      this.#indent = at - start;
      if (this.#indent === 0 && this.#isMarker(start)) this.#indent = -1;
      return;
    }
    this.#indent = -1;
    this.#isLast = true;
  }

  #isMarker(start: number): boolean {
    const isDots = this.#text.startsWith("...", start);
    if (!isDots && !this.#text.startsWith("---", start)) return false;
    if (isDots || this.#end !== start + 3) throw NOT_PLAIN;
    return true;
  }

  #block(indent: number): YamlNode {
    this.#depth += 1;
    if (this.#depth > DEEPEST) throw NOT_PLAIN;
    const node = this.#isItem() ? this.#list(indent) : this.#map(indent);
    this.#depth -= 1;
    return node;
  }

  #isItem(): boolean {
    if (this.#text.charCodeAt(this.#at) !== HYPHEN) return false;
    return this.#at + 1 === this.#end || this.#text.charCodeAt(this.#at + 1) === SPACE;
  }

  #list(indent: number): YamlNode {
    const start = this.#at;
    const items: YamlNode[] = [];
    while (this.#indent === indent && this.#isItem()) items.push(this.#item(indent));
    if (this.#indent > indent) throw NOT_PLAIN;
    return listNode(start, false, items, this.#limits);
  }

  #item(indent: number): YamlNode {
    const content = this.#contentFrom(this.#at + 1);
    if (content < 0) {
      this.#toLine(this.#end + 1);
      if (this.#indent <= indent) throw NOT_PLAIN;
      return this.#block(this.#indent);
    }
    const inside = indent + content - this.#at;
    this.#at = content;
    if (!this.#isItem() && this.#endOfKey() < 0) return this.#scalar(content, indent);
    this.#indent = inside;
    return this.#block(inside);
  }

  #map(indent: number): YamlNode {
    const start = this.#at;
    const children: YamlNode[] = [];
    while (this.#indent === indent) this.#entry(indent, children);
    if (this.#indent > indent) throw NOT_PLAIN;
    return mapNode(start, false, children, this.#limits);
  }

  #entry(indent: number, children: YamlNode[]): void {
    const end = this.#endOfKey();
    if (end < 0) throw NOT_PLAIN;
    const key = this.#scalarBetween(this.#at, end);
    const content = this.#contentFrom(end + 1);
    children.push(key, content < 0 ? this.#below(indent, key.span.end) : this.#scalar(content, indent));
  }

  /** The value of a key whose line says no more: on the lines below, or nothing, which stands where the key ends. */
  #below(indent: number, end: number): YamlNode {
    this.#toLine(this.#end + 1);
    if (this.#indent > indent || (this.#indent === indent && this.#isItem())) return this.#block(this.#indent);
    return scalarNode({ kind: "null" }, false, { start: end, end });
  }

  /** The colon behind the key at the cursor, or -1 where there is no key as we know them. */
  #endOfKey(): number {
    const text = this.#text;
    const first = text.charCodeAt(this.#at);
    const isQuoted = first === QUOTE || first === APOSTROPHE;
    const colon = isQuoted ? this.#endOfQuoted(this.#at) : this.#endOfWord(this.#at);
    const isKey = colon >= 0 && colon - this.#at <= LONGEST_KEY && text.charCodeAt(colon) === COLON;
    return isKey && (colon + 1 === this.#end || text.charCodeAt(colon + 1) === SPACE) ? colon : -1;
  }

  #endOfWord(from: number): number {
    const text = this.#text;
    let at = from;
    if (!isLetterOrDigit(text.charCodeAt(at))) return -1;
    while (at < this.#end && isOfWord(text.charCodeAt(at))) at++;
    return at;
  }

  /** Behind the second quote; -1 where there is none on this line, or where it is not certain. */
  #endOfQuoted(from: number): number {
    const text = this.#text;
    const quote = text.charCodeAt(from);
    for (let at = from + 1; at < this.#end; at++) {
      const letter = text.charCodeAt(at);
      if (letter === BACKSLASH && quote === QUOTE) return -1;
      if (letter === quote) return text.charCodeAt(at + 1) === APOSTROPHE && quote === APOSTROPHE ? -1 : at + 1;
    }
    return -1;
  }

  /** The first character of content from here on, or -1 where the line ends, or a comment begins. */
  #contentFrom(from: number): number {
    const text = this.#text;
    let at = from;
    while (at < this.#end && text.charCodeAt(at) === SPACE) at++;
    if (at === this.#end) return -1;
    if (text.charCodeAt(at) !== HASH) return at;
    return at > from ? -1 : at;
  }

  /** A scalar that ends on this line; the next line with content must not belong to it. */
  #scalar(from: number, indent: number): YamlNode {
    const first = this.#text.charCodeAt(from);
    const isQuoted = first === QUOTE || first === APOSTROPHE;
    const end = isQuoted ? this.#endOfQuoted(from) : this.#endOfPlain(from);
    if (end < 0 || (isQuoted && end < this.#end && this.#contentFrom(end) >= 0)) throw NOT_PLAIN;
    const node = this.#scalarBetween(from, end);
    this.#toLine(this.#end + 1);
    if (this.#indent > indent) throw NOT_PLAIN;
    return node;
  }

  #endOfPlain(from: number): number {
    const text = this.#text;
    const first = text.charCodeAt(from);
    const second = from + 1 < this.#end ? text.charCodeAt(from + 1) : SPACE;
    if (!isStartOfPlain(first) && !(first === HYPHEN && isLetterOrDigit(second))) return -1;
    let end = from;
    for (let at = from; at < this.#end; at++) {
      const letter = text.charCodeAt(at);
      if (letter === SPACE) continue;
      if (letter === HASH && text.charCodeAt(at - 1) === SPACE) break;
      if (letter === COLON && (at + 1 === this.#end || text.charCodeAt(at + 1) === SPACE)) return -1;
      end = at + 1;
    }
    return end;
  }

  /** From the first character to behind the last, quotes included. */
  #scalarBetween(start: number, end: number): YamlNode {
    const first = this.#text.charCodeAt(start);
    const quote = first === QUOTE || first === APOSTROPHE ? 1 : 0;
    const value = this.#text.slice(start + quote, end - quote);
    const scalar = quote === 1 ? ({ kind: "string", value } as const) : resolvePlain(value);
    if (scalar.kind === "number" && !Number.isFinite(scalar.value)) throw NOT_PLAIN;
    return scalarNode(scalar, quote === 1, { start, end });
  }
}

function isLetterOrDigit(letter: number): boolean {
  return (letter >= 97 && letter <= 122) || (letter >= 48 && letter <= 57) || (letter >= 65 && letter <= 90);
}

/** Letters, digits, `_`, `.`, `/` and `-`: a field, or the name of a label or annotation. */
function isOfWord(letter: number): boolean {
  return isLetterOrDigit(letter) || letter === 95 || (letter >= 45 && letter <= 47);
}

/** Letters, digits, `_`, `.`, `/`, `+`, `~`, `(` and `^`, none of which means anything to YAML. */
function isStartOfPlain(letter: number): boolean {
  return isOfStart.has(letter) || isLetterOrDigit(letter);
}

const isOfStart = new Set([..."_./+~(^$"].map((letter) => letter.charCodeAt(0)));
