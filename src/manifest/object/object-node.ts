import type { Scalar, YamlNode } from "../yaml/node.ts";
import { MAX_DEPTH, MAX_NODES } from "../yaml/read-yaml.ts";
import { Refusal, tooDeep, tooHeavy } from "../yaml/refusal.ts";

/** A value as JSON has it. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue | undefined };

const NOWHERE = { start: 0, end: 0 };

/** The value as a reader of YAML would have it, at no place of a text. Throws a Refusal beyond the bounds of manifests. */
export function objectNode(value: JsonValue): YamlNode {
  return nodeAt(value, MAX_DEPTH, { left: MAX_NODES });
}

function nodeAt(value: JsonValue, levels: number, nodes: { left: number }): YamlNode {
  if (levels === 0) throw new Refusal(tooDeep(0, MAX_DEPTH));
  nodes.left -= 1;
  if (nodes.left < 0) throw new Refusal(tooHeavy(0, MAX_NODES));
  const frame = { span: NOWHERE, weight: 1, depth: 1 };
  if (typeof value !== "object" || value === null) return { ...frame, ...scalarOf(value), quoted: false };
  const below = (part: JsonValue): YamlNode => nodeAt(part, levels - 1, nodes);
  if (isList(value)) return { ...frame, kind: "list", flow: false, repeats: false, items: value.map(below) };
  const entries = Object.entries(value).flatMap(([key, part]) =>
    part === undefined ? [] : [{ key, keySpan: NOWHERE, value: below(part) }],
  );
  return { ...frame, kind: "map", flow: false, repeats: false, entries, repeated: [] };
}

function scalarOf(value: string | number | boolean | null): Scalar {
  switch (typeof value) {
    case "string":
      return { kind: "string", value };
    case "number":
      return { kind: "number", value };
    case "boolean":
      return { kind: "boolean", value };
    default:
      return { kind: "null" };
  }
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
