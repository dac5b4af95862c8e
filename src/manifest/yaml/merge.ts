import type { Entry, YamlNode } from "./node.ts";
import { mergeOfNoMap, Refusal } from "./refusal.ts";

type Merged = {
  readonly entries: readonly Entry[];
  readonly repeated: readonly Entry[];
  readonly merged: readonly Entry[];
};

/**
 * The entries of a map with `<<` merged in (YAML 1.1's merge key): a key that the map has itself wins, then the earlier
 * source. Keys that the map itself repeats are returned apart, and `merged` are the entries that came from elsewhere.
 * `children` are keys and values in turn.
 */
export function withMerges(children: readonly YamlNode[], keyOf: (key: YamlNode) => string): Merged {
  const entries = new DistinctEntries();
  const [repeated, merged, sources]: [Entry[], Entry[], YamlNode[]] = [[], [], []];
  for (let index = 0; index + 1 < children.length; index += 2) {
    const [key, value] = [children[index], children[index + 1]];
    if (key === undefined || value === undefined) continue;
    if (isMerge(key, value)) {
      sources.push(value);
      continue;
    }
    const entry = { key: keyOf(key), keySpan: key.span, value };
    if (!entries.add(entry)) repeated.push(entry);
  }
  for (const entry of sources.flatMap(mergedEntries)) if (entries.add(entry)) merged.push(entry);
  return { entries: entries.list, repeated, merged };
}

/** Up to here comparing with each is quicker than an index, which nearly no map of a manifest needs. */
const FEW = 16;

class DistinctEntries {
  readonly list: Entry[] = [];
  #index: Map<string, Entry> | undefined;

  /** False where an entry of that key is there already. */
  add(entry: Entry): boolean {
    if (this.#has(entry.key)) return false;
    this.list.push(entry);
    this.#index?.set(entry.key, entry);
    return true;
  }

  #has(key: string): boolean {
    if (this.list.length <= FEW) return this.list.some((entry) => entry.key === key);
    this.#index ??= new Map(this.list.map((entry) => [entry.key, entry]));
    return this.#index.has(key);
  }
}

function isMerge(key: YamlNode, value: YamlNode): boolean {
  const isMergeKey = key.kind === "string" && key.value === "<<" && !key.quoted;
  if (!isMergeKey) return false;
  const isMergeable =
    value.kind === "map" || (value.kind === "list" && value.items.every(({ kind }) => kind === "map"));
  if (!isMergeable) throw new Refusal(mergeOfNoMap(key.span.start));
  return true;
}

function mergedEntries(value: YamlNode): readonly Entry[] {
  if (value.kind === "map") return value.entries;
  return value.kind === "list" ? value.items.flatMap(mergedEntries) : [];
}
