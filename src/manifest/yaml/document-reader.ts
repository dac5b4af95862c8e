import {
  type AliasEvent,
  COLLECTION_STYLE,
  EVENT_ID,
  type Event,
  getScalarValue,
  SCALAR_STYLE,
  type ScalarEvent,
} from "js-yaml";
import { withMerges } from "./merge.ts";
import type { ListNode, MapNode, Span, YamlNode } from "./node.ts";
import { resolvePlain } from "./plain-scalar.ts";
import {
  aliasUnknown,
  escapeUnknown,
  keyNotText,
  numberNotOfJson,
  Refusal,
  tagUnfit,
  tooDeep,
  tooHeavy,
} from "./refusal.ts";
import { taggedScalar } from "./tagged-scalar.ts";

type Limits = { readonly depth: number; readonly nodes: number };
type Read = { readonly node: YamlNode; readonly next: number };

/** Builds nodes from js-yaml's events. An alias shares its anchor's node, and its weight counts again at each use. */
export class DocumentReader {
  readonly #text: string;
  readonly #limits: Limits;
  #anchors = new Map<string, YamlNode>();
  #events: readonly Event[] = [];
  /** The index of the first event that has not been read. */
  #next = 0;

  constructor(text: string, limits: Limits) {
    this.#text = text;
    this.#limits = limits;
  }

  /** Reads the content of one document; `next` is the index of the event after it. */
  read(events: readonly Event[], index: number): Read {
    this.#anchors = new Map();
    this.#events = events;
    this.#next = index;
    return { node: this.#node(), next: this.#next };
  }

  #node(): YamlNode {
    const before = this.#events[this.#next - 1];
    const event = this.#events[this.#next];
    this.#next += 1;
    switch (event?.type) {
      case EVENT_ID.SCALAR:
        return this.#anchored(event, this.#scalar(event, before));
      case EVENT_ID.ALIAS:
        return this.#aliased(event);
      case EVENT_ID.SEQUENCE: {
        const children = this.#children();
        return this.#anchored(event, listOf(event, children, this.#weigh(event.start, children)));
      }
      case EVENT_ID.MAPPING:
        return this.#anchored(event, this.#map(event, this.#children()));
      default:
        throw new Error(`YAML event ${this.#next - 1} is not the start of a value`);
    }
  }

  #children(): readonly YamlNode[] {
    const children: YamlNode[] = [];
    while (this.#events[this.#next]?.type !== EVENT_ID.POP) children.push(this.#node());
    this.#next += 1;
    return children;
  }

  #scalar(event: ScalarEvent, before: Event | undefined): YamlNode {
    const value = getScalarValue(this.#text, event);
    const quoted = event.style !== SCALAR_STYLE.PLAIN;
    const tag = event.tagStart < 0 ? undefined : this.#text.slice(event.tagStart, event.tagEnd);
    const span = spanOf(event, endOf(before));
    if (event.style === SCALAR_STYLE.DOUBLE_QUOTED) this.#checkEscapes(span);
    const scalar = tag !== undefined ? taggedScalar(tag, value) : quoted ? textOf(value) : resolvePlain(value);
    if (scalar === undefined) throw new Refusal(tagUnfit(span.start, tag ?? ""));
    if (scalar.kind === "number" && !Number.isFinite(scalar.value)) throw new Refusal(numberNotOfJson(span.start));
    return { ...scalar, quoted, span, weight: 1, depth: 1 };
  }

  /** libyaml knows neither `\/` nor the halves of a surrogate pair, both of which JSON and js-yaml take. */
  #checkEscapes({ start, end }: Span): void {
    for (const [written, letter, hex = ""] of this.#text.slice(start, end).matchAll(/\\([\s\S])([0-9a-fA-F]{0,2})/g))
      if (letter === "/" || (letter === "u" && /^d[89a-f]/i.test(hex)))
        throw new Refusal(escapeUnknown(start, written.slice(0, 4)));
  }

  #map(event: { start: number; style: number }, children: readonly YamlNode[]): MapNode {
    const { entries, repeated, merged } = withMerges(pairsOf(children), (key) => this.#keyOf(key));
    const below = merged.length === 0 ? children : [...children, ...merged.map(({ value }) => value)];
    return {
      kind: "map",
      flow: event.style === COLLECTION_STYLE.FLOW,
      entries,
      repeated,
      span: spanAround(event.start, children),
      ...this.#weigh(event.start, below),
    };
  }

  /** sigs.k8s.io/yaml turns numbers and booleans into text keys and refuses every other key. */
  #keyOf(key: YamlNode): string {
    if (key.kind === "string") return key.value;
    if (key.kind === "boolean" || (key.kind === "number" && isKeyNumber(key.value))) return String(key.value);
    throw new Refusal(keyNotText(key.span.start, key.kind));
  }

  #weigh(offset: number, children: readonly YamlNode[]): { weight: number; depth: number } {
    let weight = 1;
    let depth = 0;
    for (const child of children) {
      weight += child.weight;
      depth = Math.max(depth, child.depth);
    }
    if (weight > this.#limits.nodes) throw new Refusal(tooHeavy(offset, this.#limits.nodes));
    if (depth >= this.#limits.depth) throw new Refusal(tooDeep(offset, this.#limits.depth));
    return { weight, depth: depth + 1 };
  }

  #anchored(event: { anchorStart: number; anchorEnd: number }, node: YamlNode): YamlNode {
    if (event.anchorStart >= 0) this.#anchors.set(this.#text.slice(event.anchorStart, event.anchorEnd), node);
    return node;
  }

  #aliased(event: AliasEvent): YamlNode {
    const name = this.#text.slice(event.anchorStart, event.anchorEnd);
    const node = this.#anchors.get(name);
    if (node !== undefined) return node;
    throw new Refusal(aliasUnknown(event.anchorStart, name));
  }
}

/** sigs.k8s.io/yaml makes text of int64 and of floats, and has no case for what only a uint64 holds. */
function isKeyNumber(value: number): boolean {
  return value < 2 ** 63 || value >= 2 ** 64;
}

function textOf(value: string): { readonly kind: "string"; readonly value: string } {
  return { kind: "string", value };
}

function pairsOf(children: readonly YamlNode[]): { key: YamlNode; value: YamlNode }[] {
  const pairs: { key: YamlNode; value: YamlNode }[] = [];
  for (let index = 0; index + 1 < children.length; index += 2) {
    const [key, value] = [children[index], children[index + 1]];
    if (key !== undefined && value !== undefined) pairs.push({ key, value });
  }
  return pairs;
}

function listOf(
  event: { start: number; style: number },
  items: readonly YamlNode[],
  weighed: { weight: number; depth: number },
): ListNode {
  return {
    kind: "list",
    flow: event.style === COLLECTION_STYLE.FLOW,
    items,
    span: spanAround(event.start, items),
    ...weighed,
  };
}

/** Events give collections no end; the last child's end is near enough for a place, and an alias may lie before. */
function spanAround(start: number, children: readonly YamlNode[]): Span {
  let end = start + 1;
  for (const child of children) end = Math.max(end, child.span.end);
  return { start, end };
}

function spanOf(event: ScalarEvent, fallback: number): Span {
  if (event.valueStart < 0) return { start: fallback, end: fallback };
  const quote = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED ? 1 : 0;
  return { start: event.valueStart - quote, end: event.valueEnd + quote };
}

/** An empty value has no offsets of its own; it stands at the end of what was written before it. */
function endOf(before: Event | undefined): number {
  return before?.type === EVENT_ID.SCALAR && before.valueEnd >= 0 ? before.valueEnd : 0;
}
