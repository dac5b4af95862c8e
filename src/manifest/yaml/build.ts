import { withMerges } from "./merge.ts";
import type { ListNode, MapNode, Scalar, Span, YamlNode } from "./node.ts";
import { keyNotText, Refusal, tooDeep, tooHeavy } from "./refusal.ts";

// Nodes from their parts, whoever has read them; beyond the limits, and for keys that JSON cannot have, it throws a Refusal.

export type Limits = { readonly depth: number; readonly nodes: number };
type Weighed = { readonly weight: number; readonly depth: number; readonly repeats: boolean };

/** Field by field, because there are thousands of them: a spread is made anew for each. */
export function scalarNode(scalar: Scalar, quoted: boolean, span: Span): YamlNode {
  switch (scalar.kind) {
    case "string":
      return { kind: "string", value: scalar.value, quoted, span, weight: 1, depth: 1 };
    case "number":
      return { kind: "number", value: scalar.value, quoted, span, weight: 1, depth: 1 };
    case "boolean":
      return { kind: "boolean", value: scalar.value, quoted, span, weight: 1, depth: 1 };
    case "null":
      return { kind: "null", quoted, span, weight: 1, depth: 1 };
  }
}

/** A list that begins at `start`. */
export function listNode(start: number, flow: boolean, items: readonly YamlNode[], limits: Limits): ListNode {
  const { weight, depth, repeats } = weigh(start, items, limits);
  return { kind: "list", flow, items, span: spanAround(start, items), weight, depth, repeats };
}

/** A map that begins at `start`; `children` are keys and values in turn. */
export function mapNode(start: number, flow: boolean, children: readonly YamlNode[], limits: Limits): MapNode {
  const { entries, repeated, merged } = withMerges(children, keyOf);
  const below = merged.length === 0 ? children : [...children, ...merged.map(({ value }) => value)];
  const inside = weigh(start, below, limits);
  const span = spanAround(start, children);
  const repeats = inside.repeats || repeated.length > 0;
  return { kind: "map", flow, entries, repeated, span, weight: inside.weight, depth: inside.depth, repeats };
}

function weigh(offset: number, children: readonly YamlNode[], limits: Limits): Weighed {
  let weight = 1;
  let depth = 0;
  let repeats = false;
  for (const child of children) {
    if ((child.kind === "map" || child.kind === "list") && child.repeats) repeats = true;
    weight += child.weight;
    depth = Math.max(depth, child.depth);
  }
  if (weight > limits.nodes) throw new Refusal(tooHeavy(offset, limits.nodes));
  if (depth >= limits.depth) throw new Refusal(tooDeep(offset, limits.depth));
  return { weight, depth: depth + 1, repeats };
}

/** sigs.k8s.io/yaml turns numbers and booleans into text keys and refuses every other key. */
function keyOf(key: YamlNode): string {
  if (key.kind === "string") return key.value;
  if (key.kind === "boolean" || (key.kind === "number" && isKeyNumber(key.value))) return String(key.value);
  throw new Refusal(keyNotText(key.span.start, key.kind));
}

/** sigs.k8s.io/yaml makes text of int64 and of floats, and has no case for what only a uint64 holds. */
function isKeyNumber(value: number): boolean {
  return value < 2 ** 63 || value >= 2 ** 64;
}

/** Events give collections no end; the last child's end is near enough for a place, and an alias may lie before. */
function spanAround(start: number, children: readonly YamlNode[]): Span {
  let end = start + 1;
  for (const child of children) end = Math.max(end, child.span.end);
  return { start, end };
}
