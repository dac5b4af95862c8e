import type { ObjectShape, Shape, StringShape } from "./shape.ts";

/** A shape where no webhook decodes the object: nothing is filled in, and nothing but the CRD's own rules is asked. */
export function undecoded(shape: ObjectShape): ObjectShape {
  const fields = Object.entries(shape.fields).map(([name, field]) => [name, asWritten(field)] as const);
  return {
    ...shape,
    fields: Object.fromEntries(fields),
    required: [...(shape.required ?? []), ...(shape.filled ?? [])],
  };
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
