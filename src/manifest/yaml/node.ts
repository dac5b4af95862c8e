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

export type ListNode = Base & { readonly kind: "list"; readonly flow: boolean; readonly items: readonly YamlNode[] };

export type Entry = { readonly key: string; readonly keySpan: Span; readonly value: YamlNode };

export type MapNode = Base & {
  readonly kind: "map";
  readonly flow: boolean;
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

/** The value under `keys`, or undefined where a key is absent; a null counts as absent, as the API server prunes it. */
export function at(from: Located | undefined, ...keys: readonly string[]): Located | undefined {
  let here = from;
  for (const key of keys) here = here && childOf(here, key);
  return here;
}

/** The text under `keys`, or undefined where there is none. */
export function textAt(from: Located | undefined, ...keys: readonly string[]): string | undefined {
  const found = at(from, ...keys);
  return found?.node.kind === "string" ? found.node.value : undefined;
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

/** `spec` and `mode` -> `spec.mode`; keys with dots are written in brackets. */
export function join(path: string, key: string): string {
  if (key.length > 80 || !/^[A-Za-z0-9_-]+$/.test(key)) return `${path}[${JSON.stringify(key.slice(0, 80))}]`;
  return path === "" ? key : `${path}.${key}`;
}

/** The entry of a map under this key, a null included, or undefined. */
export function entryOf(from: Located, name: string): Field | undefined {
  const found = from.node.kind === "map" ? from.node.entries.find(({ key }) => key === name) : undefined;
  return found && new Field(from, found);
}

function childOf(from: Located, key: string): Field | undefined {
  const found = entryOf(from, key);
  return found?.node.kind === "null" ? undefined : found;
}
