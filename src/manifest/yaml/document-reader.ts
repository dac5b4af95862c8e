import {
  type AliasEvent,
  COLLECTION_STYLE,
  EVENT_ID,
  type Event,
  getScalarValue,
  SCALAR_STYLE,
  type ScalarEvent,
} from "js-yaml";
import { type Limits, listNode, mapNode, scalarNode } from "./build.ts";
import type { Span, YamlNode } from "./node.ts";
import { resolvePlain } from "./plain-scalar.ts";
import { aliasUnknown, escapeUnknown, numberNotOfJson, Refusal, tagUnfit } from "./refusal.ts";
import { taggedScalar } from "./tagged-scalar.ts";

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
      case EVENT_ID.SEQUENCE:
        return this.#anchored(event, listNode(event.start, isFlow(event), this.#children(), this.#limits));
      case EVENT_ID.MAPPING:
        return this.#anchored(event, mapNode(event.start, isFlow(event), this.#children(), this.#limits));
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
    const span = event.valueStart < 0 ? emptyAfter(before) : spanOf(event);
    if (event.style === SCALAR_STYLE.DOUBLE_QUOTED) this.#checkEscapes(span);
    const scalar = tag !== undefined ? taggedScalar(tag, value) : quoted ? textOf(value) : resolvePlain(value);
    if (scalar === undefined) throw new Refusal(tagUnfit(span.start, tag ?? ""));
    if (scalar.kind === "number" && !Number.isFinite(scalar.value)) throw new Refusal(numberNotOfJson(span.start));
    return scalarNode(scalar, quoted, span);
  }

  /** libyaml knows neither `\/` nor the halves of a surrogate pair, both of which JSON and js-yaml take. */
  #checkEscapes({ start, end }: Span): void {
    for (const [written, letter, hex = ""] of this.#text.slice(start, end).matchAll(/\\([\s\S])([0-9a-fA-F]{0,2})/g))
      if (letter === "/" || (letter === "u" && /^d[89a-f]/i.test(hex)))
        throw new Refusal(escapeUnknown(start, written.slice(0, 4)));
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

function isFlow({ style }: { readonly style: number }): boolean {
  return style === COLLECTION_STYLE.FLOW;
}

function textOf(value: string): { readonly kind: "string"; readonly value: string } {
  return { kind: "string", value };
}

function spanOf(event: ScalarEvent): Span {
  const quote = event.style === SCALAR_STYLE.SINGLE_QUOTED || event.style === SCALAR_STYLE.DOUBLE_QUOTED ? 1 : 0;
  return { start: event.valueStart - quote, end: event.valueEnd + quote };
}

/** An empty value has no offsets of its own; it stands at the end of what was written before it, behind its quotes. */
function emptyAfter(before: Event | undefined): Span {
  const end = before?.type === EVENT_ID.SCALAR && before.valueEnd >= 0 ? spanOf(before).end : 0;
  return { start: end, end };
}
