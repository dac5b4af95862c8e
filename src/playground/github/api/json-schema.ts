/** Any JSON, as parsed. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/**
 * Translates a schema of OpenAPI 3.0 into JSON Schema: `nullable` becomes a choice with null (in 3.0 it also stands beside
 * `enum` and `allOf`, where a validator alone would still refuse null), and references point into the document `root`.
 */
export function toJsonSchema(schema: Json, root: string): Json {
  if (Array.isArray(schema)) return schema.map((item: Json) => toJsonSchema(item, root));
  if (!isObject(schema)) return schema;
  const { nullable, ...rest } = schema;
  const entries = Object.entries(rest)
    .filter(([key]) => !NOT_OF_SCHEMA.has(key))
    .map(([key, value]): [string, Json] => [key, key === "$ref" ? `${root}${value}` : toJsonSchema(value, root)]);
  const translated = Object.fromEntries(entries);
  return nullable === true ? { anyOf: [{ type: "null" }, translated] } : translated;
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `default` is dropped as well: a validator that fills in values would hide what an answer lacks. */
const NOT_OF_SCHEMA = new Set(["example", "examples", "discriminator", "externalDocs", "xml"]);
