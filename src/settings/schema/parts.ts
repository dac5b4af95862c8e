import type { JsonSchema } from "../../manifest/schema/json-schema.ts";

// The readers of settings/fields.ts as schemas: null is as good as absent, unless the field is required.

const FILLED: JsonSchema = { type: "string", minLength: 1 };
const AMOUNT = "([0-9]+(\\.[0-9]*)?|\\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)";
const BYTES = "[0-9]{1,15}(\\.[0-9]{1,6})? ?([kMG]|[KMG]i)?B?";

/** A list of texts that are not empty. */
export const TEXTS: JsonSchema = { type: ["array", "null"], items: FILLED };

/** A text that is not empty. */
export function text(description: string): JsonSchema {
  return { description, type: ["string", "null"], minLength: 1 };
}

/** One that must be there. */
export function requiredText(description: string): JsonSchema {
  return { ...FILLED, description };
}

/** One that must be there and look so. */
export function matching(description: string, expression: string): JsonSchema {
  return { description, type: "string", pattern: expression };
}

/** One of a few words. */
export function words(description: string, among: readonly string[]): JsonSchema {
  return { description, enum: [...among, null] };
}

/** A number of 0 or more. */
export function number(description: string): JsonSchema {
  return { description, type: ["number", "null"], minimum: 0 };
}

/** A whole number of 0 or more. */
export function count(description: string): JsonSchema {
  return { description, type: ["integer", "null"], minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
}

/** A duration of Go that is not negative. */
export function duration(description: string): JsonSchema {
  return pattern(
    `${description} A duration such as 300ms, 30s or 5m.`,
    `^([-+]?0|-?((0+\\.?0*|\\.0+)(ns|us|µs|μs|ms|s|m|h))+|\\+?(${AMOUNT})+)$`,
  );
}

/** A number of bytes. */
export function bytes(description: string): JsonSchema {
  return pattern(`${description} Such as 65536, 64KiB or 1MB.`, `^${BYTES}$`);
}

/** Something per second, minute or hour. */
export function rate(description: string): JsonSchema {
  return pattern(`${description} Such as 1000/s, 90/m or 125MB/s.`, `^\\s*${BYTES}\\s*/\\s*[smh]\\s*$`);
}

/** A map with these fields and no others. */
export function map(description: string, properties: JsonSchema, required: readonly string[] = []): JsonSchema {
  return {
    description,
    type: ["object", "null"],
    properties,
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

/** A map of names to what stands under each; nothing may stand empty. */
export function mapOf(one: JsonSchema, description: string): JsonSchema {
  return { description, type: ["object", "null"], additionalProperties: present(one) };
}

/** A list of such maps. */
export function listOf(one: JsonSchema, description: string): JsonSchema {
  return { description, type: ["array", "null"], items: present(one) };
}

function present(one: JsonSchema): JsonSchema {
  return { ...one, type: "object" };
}

function pattern(description: string, expression: string): JsonSchema {
  return { description, type: ["string", "null"], pattern: expression };
}
