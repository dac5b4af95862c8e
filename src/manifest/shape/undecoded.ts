import { mapFields, withLazyFields } from "./lazy-fields.ts";
import type { ObjectShape, Shape, StringShape } from "./shape.ts";

/** A shape where no webhook decodes the object: nothing is filled in, and nothing but the CRD's own rules is asked. */
export function undecoded(shape: ObjectShape): ObjectShape {
  const required = [...(shape.required ?? []), ...(shape.filled ?? [])];
  return withLazyFields({ ...shape, required }, (fields) => mapFields(fields, asWritten));
}

function asWritten(shape: Shape): Shape {
  switch (shape.type) {
    case "string":
      return stringAsWritten(shape);
    case "list":
      return { ...shape, items: asWritten(shape.items), noNulls: true };
    case "map":
      return { ...shape, values: asWritten(shape.values) };
    case "object":
      return undecoded(shape);
    default:
      return shape;
  }
}

function stringAsWritten({ check, pattern, byWebhook, oneOf, ...shape }: StringShape): StringShape {
  return {
    type: shape.type,
    ...(pattern && check ? { check, pattern } : {}),
    ...(oneOf === undefined || byWebhook ? {} : { oneOf }),
  };
}
