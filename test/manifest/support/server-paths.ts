import type { YamlNode } from "../../../src/manifest/yaml/node.ts";
import { readYaml } from "../../../src/manifest/yaml/read-yaml.ts";

// The paths that an API server's messages name, in its several spellings, and whether one of ours means the same place.

const UNKNOWN_FIELD = /unknown field "([^"]+)"/g;
const GO_FIELD = /Go struct field \w+\.([\w.]+) of type/g;
const VALIDATED =
  /(?:^|[[ ,:])((?:spec|Spec|metadata|status)(?:\.[\w-]+|\[\d+\])*): (?:Invalid|Unsupported|Required|Duplicate)/g;

/** Every place that a message names; none where it is about the whole object. */
export function pathsNamedIn(message: string): readonly string[] {
  return [UNKNOWN_FIELD, GO_FIELD, VALIDATED].flatMap((pattern) =>
    [...message.matchAll(pattern)].map(([, path = ""]) => path),
  );
}

/**
 * True where `ours` is the place that the server names, or lies in it: messages of webhooks name Go's fields, whose embedded structs
 * stand in the path and whose rules on several fields name the struct alone.
 */
export function meansTheSame(theirs: string, ours: string): boolean {
  const [named, found] = [wordsOf(theirs), wordsOf(ours)];
  const isWhole = named.every((word) => word === "spec") && found[0] === "spec";
  // A map where a word belongs: the server names what is in the map, we name the map.
  const isAround = found.length === named.length - 1 && found.every((word, index) => word === named[index]);
  return found.includes(named.at(-1) ?? "") || isWhole || isAround;
}

/** The first and the last line on which the value at `path` stands, or of the nearest that is there and should hold it. */
export function linesOf(text: string, path: string): { readonly first: number; readonly last: number } {
  const steps = [...path.matchAll(/\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g)].map(
    ([, quoted, index, name]) => quoted ?? index ?? name,
  );
  let node = readYaml(text).documents[0];
  let start = 0;
  for (const step of steps) {
    const found = childOf(node, step ?? "");
    if (found === undefined) break;
    [start, node] = [found.start, found.node];
  }
  return { first: lineAt(text, start), last: lineAt(text, Math.max(start, (node?.span.end ?? 1) - 1)) };
}

function childOf(
  node: YamlNode | undefined,
  step: string,
): { readonly start: number; readonly node: YamlNode } | undefined {
  if (node?.kind === "list") {
    const item = node.items[Number(step)];
    return item && { start: item.span.start, node: item };
  }
  const entry = node?.kind === "map" ? [...node.repeated, ...node.entries].find(({ key }) => key === step) : undefined;
  return entry && { start: entry.keySpan.start, node: entry.value };
}

function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}

/** The field names of a path in lower case, without indexes and quotes. */
export function wordsOf(path: string): readonly string[] {
  return path
    .replace(/\["((?:[^"\\]|\\.)*)"\]/g, (_, key: string) => `.${key}`)
    .replace(/\[\d+\]/g, "")
    .toLowerCase()
    .split(".")
    .filter((word) => word !== "");
}
