import { mapFields, withLazyFields } from "./lazy-fields.ts";
import type { ObjectShape, Shape, StringShape } from "./shape.ts";

/**
 * What is left of a shape where no webhook looks: the types and choices of the CRD. A required field that the webhook's
 * Go type fills with a zero stays required only where the schema refuses that zero.
 */
export function objectOnly(shape: ObjectShape): ObjectShape {
  const { required: all = [], filled } = shape;
  const stays = (name: string) => (filled === undefined ? refusesZero(shape.fields[name]) : !filled.includes(name));
  const required = all.filter(stays);
  return withLazyFields({ ...shape, required }, (fields) => mapFields(fields, schemaOnly));
}

/** A shape whose empty texts no webhook replaces by their defaults. */
export function undefaulted(shape: ObjectShape): ObjectShape {
  return withLazyFields(shape, (fields) => mapFields(fields, withoutDefaults));
}

function withoutDefaults(shape: Shape): Shape {
  if (shape.type === "object") return undefaulted(shape);
  if (shape.type === "list") return { ...shape, items: withoutDefaults(shape.items) };
  if (shape.type === "map") return { ...shape, values: withoutDefaults(shape.values) };
  if (shape.type !== "string") return shape;
  const { emptyAllowed, ...rest } = shape;
  return rest;
}

function schemaOnly(shape: Shape): Shape {
  switch (shape.type) {
    case "string":
      return shape.pattern ? shape : withoutWebhook(shape);
    case "list":
      return { ...shape, items: schemaOnly(shape.items) };
    case "map":
      return { ...shape, values: schemaOnly(shape.values) };
    case "object":
      return objectOnly(shape);
    default:
      return shape;
  }
}

function withoutWebhook({ check, byWebhook, oneOf, ...shape }: StringShape): StringShape {
  return byWebhook || oneOf === undefined ? shape : { ...shape, oneOf };
}

function refusesZero(field: Shape | undefined): boolean {
  if (field?.type === "string") return field.pattern === true || choosesFrom(field);
  if (field?.type === "integer") return (field.min ?? 0) > 0;
  // Go writes the zero of a list as null, which is no list to the schema.
  return field?.type === "list";
}

function choosesFrom({ oneOf, byWebhook, emptyAllowed }: StringShape): boolean {
  return oneOf !== undefined && !byWebhook && !emptyAllowed;
}
