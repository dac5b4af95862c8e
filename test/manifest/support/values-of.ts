import fc from "fast-check";
import { specOf } from "../../../src/manifest/kinds/kinds.ts";
import { OBJECT_META } from "../../../src/manifest/kinds/object-meta.ts";
import type { JsonValue } from "../../../src/manifest/object/object-node.ts";
import type { ObjectShape, Shape, StringShape } from "../../../src/manifest/shape/shape.ts";

// Documents made from the shapes themselves: mostly as the shape wants them, now and then wrong in one of the ways in which people
// and programs are wrong.

const TEXTS = [
  "",
  "x",
  "5m",
  "1h30m",
  "-5s",
  "500ms",
  "100%",
  "50",
  "3",
  "0",
  "1mbps",
  "256MB",
  "*/5 * * * *",
  "@daily",
];
const MORE_TEXTS = [
  "http://shop:8080/",
  "10.0.0.7:31767",
  "200-299",
  "YWJj",
  "to",
  "Forbid",
  "main",
  "5 min",
  "µs",
  "1e3",
];
const text = fc.oneof({ weight: 8, arbitrary: fc.constantFrom(...TEXTS, ...MORE_TEXTS) }, printable(6));
const integer = fc.oneof(
  fc.integer({ min: -2, max: 120 }),
  fc.constantFrom(8080, 70_000, 2 ** 31, -(2 ** 40), 1.5, 1e21),
);
const anything: fc.Arbitrary<JsonValue> = fc.oneof(
  text,
  integer,
  fc.boolean(),
  fc.constantFrom<JsonValue>(null, [], {}, [null], { x: null }, [["a"]]),
);

/** Any document of a kind. */
export function documentOf(kind: string): fc.Arbitrary<JsonValue> {
  const spec = specOf(kind) ?? { type: "object", fields: {} };
  const good = fc.record({
    // Of the group, so that the text is read as one of ours.
    apiVersion: rarely(fc.constant("chaos-mesh.org/v1alpha1"), fc.constant("chaos-mesh.org/v2")),
    kind: fc.constant(kind),
    metadata: fc.oneof(
      { weight: 12, arbitrary: fc.constant<JsonValue>({ name: "slow", namespace: "shop" }) },
      fieldsOf(OBJECT_META),
      anything,
    ),
    spec: rarely(fieldsOf(spec), anything),
  });
  const others = fc.constantFrom<JsonValue>({}, {}, {}, {}, {}, {}, {}, {}, { status: [1] }, { sepc: {} });
  return fc.tuple(good, others).map(([document, more]) => Object.assign({}, document, more));
}

function anyOf(shape: Shape): fc.Arbitrary<JsonValue> {
  return rarely(good(shape), anything);
}

function good(shape: Shape): fc.Arbitrary<JsonValue> {
  switch (shape.type) {
    case "string":
      return wordOf(shape);
    case "integer":
      return integer;
    case "text-or-number":
      return fc.oneof(wordOf({ type: "string", ...(shape.check && { check: shape.check }) }), integer);
    case "boolean":
      return fc.boolean();
    case "list":
      return fc.array(anyOf(shape.items), { maxLength: 2 });
    case "map":
      return fc.dictionary(printable(4), anyOf(shape.values), { maxKeys: 2 });
    case "object":
      return fieldsOf(shape);
    case "anything":
      return anything;
  }
}

/** A text that the check takes, most of the time. */
function wordOf({ oneOf, check }: StringShape): fc.Arbitrary<JsonValue> {
  if (oneOf !== undefined) return rarely(fc.constantFrom(...oneOf), text);
  const fitting = [...TEXTS, ...MORE_TEXTS].filter((word) => check?.(word) === undefined);
  return rarely(fc.constantFrom(...(fitting.length > 0 ? fitting : TEXTS)), text);
}

function fieldsOf({ fields, required = [], retired = {} }: ObjectShape): fc.Arbitrary<JsonValue> {
  const optional = Object.keys(fields).filter((name) => !required.includes(name));
  const chosen = fc.tuple(
    rarely(fc.constant(required), fc.subarray([...required])),
    fc.subarray(optional, { maxLength: Math.min(3, optional.length) }),
  );
  const known = chosen.chain(([first, second]) => {
    const names = [...first, ...second];
    return fc.tuple(...names.map((name) => anyOf(fields[name] ?? { type: "anything" }))).map((values) => {
      return Object.fromEntries(names.map((name, index) => [name, values[index] ?? null]));
    });
  });
  const foreign = fc.constantFrom("acton", "constructor", "__proto__", ...Object.keys(retired));
  return fc
    .tuple(known, rarely(fc.constant(undefined), foreign), anything)
    .map(([object, name, value]) => (name === undefined ? object : withField(object, name, value)));
}

function withField(object: Record<string, JsonValue>, name: string, value: JsonValue): JsonValue {
  return Object.fromEntries([...Object.entries(object), [name, value]]);
}

function rarely<T, U>(usual: fc.Arbitrary<T>, ...others: readonly fc.Arbitrary<U>[]): fc.Arbitrary<T | U> {
  return fc.oneof({ weight: 24, arbitrary: usual }, ...others.map((arbitrary) => ({ weight: 1, arbitrary })));
}

function printable(maxLength: number): fc.Arbitrary<string> {
  return fc.string({ unit: "grapheme-ascii", maxLength });
}
