import type { Entry, YamlNode } from "./node.ts";
import { mergeOfNoMap, Refusal } from "./refusal.ts";

type Merged = {
  readonly entries: readonly Entry[];
  readonly repeated: readonly Entry[];
  readonly merged: readonly Entry[];
};

type Pair = { readonly key: YamlNode; readonly value: YamlNode };

/**
 * The entries of a map with `<<` merged in (YAML 1.1's merge key): a key that the map has itself wins, then the earlier
 * source. Keys that the map itself repeats are returned apart, and `merged` are the entries that came from elsewhere.
 */
export function withMerges(pairs: readonly Pair[], keyOf: (key: YamlNode) => string): Merged {
  const entries = new Map<string, Entry>();
  const [repeated, merged, sources]: [Entry[], Entry[], YamlNode[]] = [[], [], []];
  for (const pair of pairs) {
    const { key, value } = pair;
    if (isMerge(pair)) {
      sources.push(value);
      continue;
    }
    const entry = { key: keyOf(key), keySpan: key.span, value };
    if (entries.has(entry.key)) repeated.push(entry);
    else entries.set(entry.key, entry);
  }
  for (const entry of sources.flatMap(mergedEntries)) {
    if (entries.has(entry.key)) continue;
    entries.set(entry.key, entry);
    merged.push(entry);
  }
  return { entries: [...entries.values()], repeated, merged };
}

function isMerge({ key, value }: Pair): boolean {
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
