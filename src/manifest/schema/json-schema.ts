import { isFineEmpty } from "../shape/check-shape.ts";
import type { IntegerShape, ListShape, ObjectShape, Shape, StringShape, TextOrNumberShape } from "../shape/shape.ts";
import { INT64 } from "../shape/value-mistake.ts";
import { formatOf } from "./text-formats.ts";

// A shape -> the same as JSON Schema, draft 2020-12. It says exactly what the reader of shapes says: null is as good as absent
// (the API server prunes it), unless the field is required.

/** A schema, as JSON has it. */
export type JsonSchema = { readonly [key: string]: Json };
export type Json = string | number | boolean | null | readonly Json[] | JsonSchema;

/** Finds the description of the field at a path such as ["networkChaos", "delay", "latency"]; items of lists have their list's. */
export type Describe = (path: readonly string[]) => string | undefined;

type Context = { readonly path: readonly string[]; readonly describe: Describe; readonly required: boolean };

/** The schema of a required value of this shape; `path` is where descriptions are looked for. */
export function schemaOf(shape: Shape, path: readonly string[], describe: Describe): JsonSchema {
  return schemaIn(shape, { path, describe, required: true });
}

function schemaIn(shape: Shape, context: Context): JsonSchema {
  const about = context.describe(context.path);
  const description = [about, grammarOf(shape)].filter((text) => text !== undefined).join(" ");
  return { ...(about !== undefined && { description }), ...valueSchema(shape, context) };
}

function grammarOf(shape: Shape): string | undefined {
  const hasText = shape.type === "string" || shape.type === "text-or-number";
  return hasText && shape.check !== undefined ? formatOf(shape.check).says : undefined;
}

function valueSchema(shape: Shape, context: Context): JsonSchema {
  switch (shape.type) {
    case "string":
      return stringSchema(shape, context);
    case "integer":
      return { type: typeOf("integer", context), ...boundsOf(shape) };
    case "text-or-number":
      return textOrNumberSchema(shape, context);
    case "boolean":
      return { type: typeOf("boolean", context) };
    case "list":
      return { type: typeOf("array", context), items: itemSchema(shape.items, context, itemMayBeNull(shape)) };
    case "map":
      return { type: typeOf("object", context), additionalProperties: itemSchema(shape.values, context, true) };
    case "object":
      return objectSchema(shape, context);
    case "anything":
      return {};
  }
}

/** A loose one lets every value through that is no object. */
function objectSchema(shape: ObjectShape, context: Context): JsonSchema {
  const schema = { type: typeOf("object", context), ...fieldsSchema(shape, context) };
  return shape.loose ? { anyOf: [schema, { not: { type: "object" } }] } : schema;
}

/** Items carry no description of their own: their list's stands above them. */
function itemSchema(shape: Shape, { path, describe }: Context, mayBeNull: boolean): JsonSchema {
  return valueSchema(shape, { path, describe, required: !mayBeNull });
}

function itemMayBeNull({ items, noNulls }: ListShape): boolean {
  return !noNulls && isFineEmpty(items);
}

function typeOf(name: string, { required }: Context): Json {
  return required ? name : [name, "null"];
}

function stringSchema(shape: StringShape, context: Context): JsonSchema {
  const others = [
    ...(shape.emptyAllowed && shape.check ? [{ const: "" }] : []),
    ...(shape.bytes ? [{ type: "array", items: { type: ["integer", "null"], minimum: 0, maximum: 255 } }] : []),
  ];
  const text = textSchema(shape, context);
  return others.length === 0 ? text : { anyOf: [text, ...others] };
}

function textSchema({ oneOf, emptyAllowed, check }: StringShape, context: Context): JsonSchema {
  const words = oneOf && [...oneOf, ...(emptyAllowed ? [""] : []), ...(context.required ? [] : [null])];
  const format = check && formatOf(check);
  return {
    type: typeOf("string", context),
    ...(words && { enum: words }),
    ...(format?.pattern && { pattern: format.pattern }),
    ...(format && { format: format.name }),
  };
}

function textOrNumberSchema({ number, check }: TextOrNumberShape, context: Context): JsonSchema {
  const numeric = number === undefined ? { type: "number" } : { type: "integer", ...boundsOf(number) };
  return { anyOf: [textSchema({ type: "string", ...(check && { check }) }, context), numeric] };
}

/** Without bounds of its own a whole number has those of Go's int64. */
function boundsOf({ min = INT64.min, max = INT64.max }: IntegerShape): JsonSchema {
  return { minimum: min, maximum: max };
}

function fieldsSchema({ fields, required = [], retired = {}, open }: ObjectShape, context: Context): JsonSchema {
  const { path, describe } = context;
  const known = Object.entries(fields).map(([name, field]) => {
    return [name, schemaIn(field, { path: [...path, name], describe, required: required.includes(name) })] as const;
  });
  // A closed object refuses its retired fields as it refuses every unknown one.
  const refused = open ? Object.keys(retired).map((name) => [name, false] as const) : [];
  return {
    properties: Object.fromEntries<Json>([...known, ...refused]),
    ...(required.length > 0 && { required: [...new Set(required)] }),
    ...(!open && { additionalProperties: false }),
  };
}
