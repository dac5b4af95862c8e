import type { JsonValue } from "../../../src/manifest/object/object-node.ts";
import type { YamlNode } from "../../../src/manifest/yaml/node.ts";
import { readYaml } from "../../../src/manifest/yaml/read-yaml.ts";

/** The documents of a text as an API server would hold them after reading; none where the text cannot be read. */
export function objectsIn(text: string): JsonValue[] {
  return readYaml(text).documents.map(plainValue);
}

/** Whether some key is written twice, which no object can show. */
export function repeatsAKey(text: string): boolean {
  return readYaml(text).documents.some(repeats);
}

function plainValue(node: YamlNode): JsonValue {
  if (node.kind === "null") return null;
  if (node.kind === "list") return node.items.map(plainValue);
  if (node.kind !== "map") return node.value;
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainValue(value)]));
}

function repeats(node: YamlNode): boolean {
  if (node.kind === "list") return node.items.some(repeats);
  return node.kind === "map" && (node.repeated.length > 0 || node.entries.some(({ value }) => repeats(value)));
}
