// The part of OpenAPI v3 that our custom resources are written in: one value from which the CRD's YAML, the TypeScript type and the
// look at an object that arrives are all made.

export type Rule = { readonly rule: string; readonly message: string };

type Described = { readonly description?: string; readonly "x-kubernetes-validations"?: readonly Rule[] };

export type TextSchema = Described & {
  readonly type: "string";
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
};
export type NumberSchema = Described & {
  readonly type: "integer" | "number";
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
};
export type ListSchema = Described & {
  readonly type: "array";
  readonly items: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly "x-kubernetes-list-type"?: "map" | "set" | "atomic";
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
};
export type ObjectSchema = Described & {
  readonly type: "object";
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
};
export type MapSchema = Described & {
  readonly type: "object";
  readonly additionalProperties: Schema;
  readonly maxProperties?: number;
};
export type Schema =
  | TextSchema
  | NumberSchema
  | (Described & { readonly type: "boolean" })
  | ListSchema
  | ObjectSchema
  | MapSchema;

type Needed<S> = S extends { readonly required: readonly (infer K)[] } ? K : never;

/** The type of the values that a schema lets through; write the schema `as const satisfies Schema`. */
export type ValueOf<S> = S extends { readonly type: "string"; readonly enum: readonly (infer E)[] }
  ? E
  : S extends { readonly type: "string" }
    ? string
    : S extends { readonly type: "integer" | "number" }
      ? number
      : S extends { readonly type: "boolean" }
        ? boolean
        : S extends { readonly type: "array"; readonly items: infer I }
          ? readonly ValueOf<I>[]
          : S extends { readonly properties: infer P }
            ? { readonly [K in keyof P as K extends Needed<S> ? K : never]: ValueOf<P[K]> } & {
                readonly [K in keyof P as K extends Needed<S> ? never : K]?: ValueOf<P[K]>;
              }
            : S extends { readonly additionalProperties: infer V }
              ? Readonly<Record<string, ValueOf<V>>>
              : never;

/**
 * Where a value is not what its schema says, as `spec.caps.pods`; undefined where it is. The API server has said so already; this
 * is for objects that an older CRD let through. Fields that nobody knows are passed over, as the API server prunes them.
 */
export function whereNot(schema: Schema, value: unknown, path: string): string | undefined {
  switch (schema.type) {
    case "string":
      return isText(schema, value) ? undefined : path;
    case "boolean":
      return typeof value === "boolean" ? undefined : path;
    case "integer":
    case "number":
      return isNumber(schema, value) ? undefined : path;
    case "array":
      return Array.isArray(value) ? firstOf(value.map((one, n) => whereNot(schema.items, one, `${path}[${n}]`))) : path;
    case "object":
      return whereNotObject(schema, value, path);
  }
}

function whereNotObject(schema: ObjectSchema | MapSchema, value: unknown, path: string): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return path;
  const entries: Readonly<Record<string, unknown>> = { ...value };
  if ("additionalProperties" in schema)
    return firstOf(
      Object.entries(entries).map(([key, one]) => whereNot(schema.additionalProperties, one, `${path}.${key}`)),
    );
  const needed = schema.required ?? [];
  return firstOf(
    Object.entries(schema.properties).map(([key, one]) => {
      if (entries[key] === undefined) return needed.includes(key) ? `${path}.${key}` : undefined;
      return whereNot(one, entries[key], `${path}.${key}`);
    }),
  );
}

function isText({ enum: words, pattern }: TextSchema, value: unknown): boolean {
  if (typeof value !== "string") return false;
  return (words?.includes(value) ?? true) && (pattern === undefined || new RegExp(pattern).test(value));
}

function isNumber({ type, minimum, maximum }: NumberSchema, value: unknown): boolean {
  if (typeof value !== "number" || (type === "integer" && !Number.isInteger(value))) return false;
  return value >= (minimum ?? value) && value <= (maximum ?? value);
}

function firstOf(places: readonly (string | undefined)[]): string | undefined {
  return places.find((place) => place !== undefined);
}
