import type { Json, JsonSchema } from "./json-schema.ts";

/** Below this many characters a reference is no shorter to read than what it stands for. */
const WORTH_SHARING = 300;

/** The same schema with every part that it repeats written once, under `$defs`, by the name of the field where it is first met. */
export function shareRepeated(schema: JsonSchema): JsonSchema {
  const sharing = new Sharing();
  sharing.count(schema);
  const { $schema, ...rest } = sharing.replaced(schema, "");
  const $defs = sharing.definitions;
  return { ...($schema !== undefined && { $schema }), ...rest, ...(Object.keys($defs).length > 0 && { $defs }) };
}

class Sharing {
  readonly #times = new Map<string, number>();
  readonly #names = new Map<string, string>();
  readonly #definitions: Record<string, JsonSchema> = {};

  count(schema: Json): void {
    if (!isObject(schema)) return;
    const text = JSON.stringify(schema);
    const times = (this.#times.get(text) ?? 0) + 1;
    this.#times.set(text, times);
    // What is inside a repeated part repeats with it, and need not be counted again.
    if (times > 1 && isShared(schema, text)) return;
    for (const part of Object.values(schema)) this.count(part);
  }

  /** The top itself is never a reference. */
  replaced(schema: JsonSchema, name: string): JsonSchema {
    return Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, this.#part(part, nameFor(key, name))]));
  }

  get definitions(): JsonSchema {
    return Object.fromEntries(Object.entries(this.#definitions).sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #part(part: Json, name: string): Json {
    if (!isObject(part)) return part;
    const text = JSON.stringify(part);
    if ((this.#times.get(text) ?? 0) < 2 || !isShared(part, text)) return this.replaced(part, name);
    return { $ref: `#/$defs/${this.#nameOf(text, part, name)}` };
  }

  #nameOf(text: string, part: JsonSchema, name: string): string {
    const known = this.#names.get(text);
    if (known !== undefined) return known;
    const taken = [...this.#names.values()].filter((other) => other.replace(/\d+$/, "") === name).length;
    const free = taken === 0 ? name : `${name}${taken + 1}`;
    this.#names.set(text, free);
    this.#definitions[free] = this.replaced(part, name);
    return free;
  }
}

/** Keywords of JSON Schema name nothing; what is under them is named by the field above. */
const KEYWORDS = new Set(["properties", "items", "additionalProperties"]);

function nameFor(key: string, above: string): string {
  return KEYWORDS.has(key) ? above : key;
}

function isShared(schema: JsonSchema, text: string): boolean {
  return "type" in schema && text.length >= WORTH_SHARING;
}

function isObject(value: Json): value is JsonSchema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
