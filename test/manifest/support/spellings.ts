import { dump } from "js-yaml";
import type { YamlNode } from "../../../src/manifest/yaml/node.ts";
import { readYaml } from "../../../src/manifest/yaml/read-yaml.ts";

type Plain = null | string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };

/** The one document of a text as an API server would hold it, or undefined where it cannot be read or repeats a key. */
export function objectIn(text: string): Plain | undefined {
  const { documents } = readYaml(text);
  const [node, ...more] = documents;
  return node === undefined || more.length > 0 || repeats(node) ? undefined : plain(node);
}

/** The same object in other writing: as JSON, as YAML with all quotes, with the keys of every map turned round, and renamed. */
export function spellingsOf(object: Plain): Readonly<Record<string, string>> {
  return {
    json: JSON.stringify(object),
    yaml: dump(object, { quoteStyle: "double", forceQuotes: true, lineWidth: -1 } as object),
    reversed: JSON.stringify(reversed(object), null, 2),
    renamed: JSON.stringify(renamed(object)),
  };
}

function plain(node: YamlNode): Plain {
  if (node.kind === "null") return null;
  if (node.kind === "list") return node.items.map(plain);
  if (node.kind !== "map") return node.value;
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
}

function repeats(node: YamlNode): boolean {
  if (node.kind === "list") return node.items.some(repeats);
  return node.kind === "map" && (node.repeated.length > 0 || node.entries.some(({ value }) => repeats(value)));
}

function reversed(value: Plain): Plain {
  if (Array.isArray(value)) return value.map(reversed);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, child]) => [key, reversed(child)] as const);
  return Object.fromEntries(entries.reverse());
}

/** A good name stays good with a letter before it, and a bad one bad. */
function renamed(object: Plain): Plain {
  if (typeof object !== "object" || object === null || Array.isArray(object)) return object;
  const { metadata } = object as { metadata?: Plain };
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata)) return object;
  const { name } = metadata as { name?: Plain };
  return typeof name === "string" && name !== "" ? { ...object, metadata: { ...metadata, name: `x${name}` } } : object;
}
