// A YAML value with the place it was written at: offsets into the source, end exclusive.

export type Span = { readonly start: number; readonly end: number };

type Base = {
  readonly span: Span;
  /** Nodes below and including this one, aliases counted each time they are used: the measure of an alias bomb. */
  readonly weight: number;
  readonly depth: number;
};

export type Scalar =
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "null" };

export type ScalarNode = Base & Scalar & { readonly quoted: boolean };

type Collection = Base & {
  readonly flow: boolean;
  /** Whether a key is written twice in it, or in anything below. */
  readonly repeats: boolean;
};

export type ListNode = Collection & { readonly kind: "list"; readonly items: readonly YamlNode[] };

export type Entry = { readonly key: string; readonly keySpan: Span; readonly value: YamlNode };

export type MapNode = Collection & {
  readonly kind: "map";
  readonly entries: readonly Entry[];
  /** Keys written a second time; the first one is in `entries`. */
  readonly repeated: readonly Entry[];
};

export type YamlNode = ScalarNode | ListNode | MapNode;

/** A node and the path that leads to it, such as `spec.target.mode`; `key` is where its key stands. */
export type Located = { readonly node: YamlNode; readonly path: string; readonly key: Span };

/** An entry of a map. Its path is put together when somebody says it, which nobody does for most; a spread would lose it. */
class Field implements Located {
  readonly node: YamlNode;
  readonly key: Span;
  readonly name: string;
  readonly #from: Located;

  constructor(from: Located, { key, keySpan, value }: Entry) {
    this.node = value;
    this.key = keySpan;
    this.name = key;
    this.#from = from;
  }

  get path(): string {
    return join(this.#from.path, this.name);
  }
}

/** An item of a list, with its path as a field has it. */
class Item implements Located {
  readonly node: YamlNode;
  readonly key: Span;
  readonly #from: Located;
  readonly #index: number;

  constructor(from: Located, node: YamlNode, index: number) {
    this.node = node;
    this.key = node.span;
    this.#from = from;
    this.#index = index;
  }

  get path(): string {
    return `${this.#from.path}[${this.#index}]`;
  }
}

/** The value under one to three keys, or undefined where one is absent; a null counts as absent, as the API server prunes it. */
export function at(from: Located | undefined, key: string, second?: string, third?: string): Located | undefined {
  const found = from && childOf(from, key);
  if (found === undefined || second === undefined) return found;
  const below = childOf(found, second);
  return below === undefined || third === undefined ? below : childOf(below, third);
}

/** The text under one to three keys, or undefined where there is none. */
export function textAt(from: Located | undefined, key: string, second?: string, third?: string): string | undefined {
  // No path is asked for, so the values are enough.
  let node = from && valueIn(from.node, key);
  if (second !== undefined) node = node && valueIn(node, second);
  if (third !== undefined) node = node && valueIn(node, third);
  return node?.kind === "string" ? node.value : undefined;
}

/** The number under one key, or undefined where there is none. */
export function numberAt(from: Located | undefined, key: string): number | undefined {
  const node = from && valueIn(from.node, key);
  return node?.kind === "number" ? node.value : undefined;
}

/** The entries of a map with their paths; nothing for any other node. */
export function entriesOf(from: Located | undefined): readonly Field[] {
  if (from?.node.kind !== "map") return [];
  return from.node.entries.map((entry) => new Field(from, entry));
}

/** The items of a list with their paths; nothing for any other node. */
export function itemsOf(from: Located | undefined): readonly Item[] {
  if (from?.node.kind !== "list") return [];
  return from.node.items.map((node, index) => new Item(from, node, index));
}

/** How many entries or items there are; 0 for any other node. */
export function sizeOf(from: Located | undefined): number {
  if (from?.node.kind === "map") return from.node.entries.length;
  return from?.node.kind === "list" ? from.node.items.length : 0;
}

/** `spec` and `mode` -> `spec.mode`; keys with dots are written in brackets. */
export function join(path: string, key: string): string {
  if (key.length > 80 || !/^[A-Za-z0-9_-]+$/.test(key)) return `${path}[${JSON.stringify(key.slice(0, 80))}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** The entry of a map under this key, a null included, or undefined. */
export function entryOf(from: Located, name: string): Field | undefined {
  const found = entryIn(from.node, name);
  return found && new Field(from, found);
}

/** An entry of the map `from` with its path. */
export function fieldOf(from: Located, entry: Entry): Field {
  return new Field(from, entry);
}

function childOf(from: Located, key: string): Field | undefined {
  const found = entryIn(from.node, key);
  return found === undefined || found.value.kind === "null" ? undefined : new Field(from, found);
}

/** Maps of a manifest have a handful of entries, and most questions are about absent ones: a loop needs nothing built for it. */
function entryIn(node: YamlNode, name: string): Entry | undefined {
  if (node.kind !== "map") return undefined;
  for (const entry of node.entries) if (entry.key === name) return entry;
  return undefined;
}

function valueIn(node: YamlNode, name: string): YamlNode | undefined {
  return entryIn(node, name)?.value;
}
