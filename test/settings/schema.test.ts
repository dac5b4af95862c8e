import { readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Json, JsonSchema } from "../../src/manifest/schema/json-schema.ts";
import { SETTINGS_SCHEMA } from "../../src/settings/schema.ts";
import { parseSettings } from "../../src/settings.ts";
import { objectsIn } from "../manifest/support/plain-value.ts";

const ajv = new Ajv2020({ strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true });
const keepsToSchema = ajv.compile(SETTINGS_SCHEMA);
const GUIDE = readFileSync("docs/settings.md", "utf8");
const EXAMPLES = [...GUIDE.matchAll(/```yaml\n([\s\S]*?)```/g)].map(([, text = ""]) => text);

/** The maps of names, each as a file that holds nothing else. */
const PARTS = ["environments", "objectives", "services"].map((path) => ({
  path,
  schema: (SETTINGS_SCHEMA.properties as JsonSchema)[path] as JsonSchema,
  wrap: (value: Json): Json => ({ version: 1, [path]: value }),
}));

function isRead(settings: Json): boolean {
  return "settings" in parseSettings(JSON.stringify(settings));
}

const text = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom("a", "staging", "5m", "300ms", "-5s", "0", "64KiB", "1000/s", "90/m", "1.5MB/s"),
  },
  fc.constantFrom("", "5 min", "1 KB", "enabled", "inside", "below", "-0s", "+1s", "A".repeat(43)),
  fc.string({ unit: fc.constantFrom(..."0159.+-/smhkKMGiB "), maxLength: 7 }),
);
const scalar: fc.Arbitrary<Json> = fc.oneof(
  text,
  fc.constantFrom<Json>(0, 1, 2.5, -1, 101, true, null, [], {}, ["a", ""]),
);

/** Values that keep to a schema most of the time, made from the schema itself. */
function anyOf(schema: JsonSchema): fc.Arbitrary<Json> {
  return fc.oneof({ weight: 30, arbitrary: fittingOf(schema) }, scalar);
}

function fittingOf(schema: JsonSchema): fc.Arbitrary<Json> {
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (Array.isArray(schema.enum)) return fc.constantFrom<Json>(...(schema.enum as Json[]));
  const [type] = [schema.type].flat();
  if (type === "array") return fc.array(anyOf(schema.items as JsonSchema), { maxLength: 2 });
  if (type === "boolean") return fc.boolean();
  if (type === "number" || type === "integer") return fc.constantFrom(0, 1, 3, 50, 100, 0.5);
  if (type !== "object") return wordOf(schema);
  if (schema.properties !== undefined) return fieldsOf(schema);
  return fc.dictionary(fc.constantFrom("a", "staging"), anyOf(schema.additionalProperties as JsonSchema), {
    maxKeys: 2,
  });
}

function wordOf({ pattern }: JsonSchema): fc.Arbitrary<Json> {
  const words = ["a", "staging", "5m", "300ms", "64KiB", "1000/s", "A".repeat(43)];
  const fitting = words.filter((word) => typeof pattern !== "string" || new RegExp(pattern, "u").test(word));
  // None fits a time of day or a date: beside those a zone must be one, which no schema can say.
  return fitting.length === 0 ? text : fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...fitting) }, text);
}

function fieldsOf({ properties, required = [] }: JsonSchema): fc.Arbitrary<Json> {
  const fields = Object.entries(properties as JsonSchema);
  const needed = fields.filter(([name]) => (required as readonly Json[]).includes(name));
  const others = fields.filter(([name]) => !needed.some(([one]) => one === name));
  const foreign = fc.oneof({ weight: 20, arbitrary: fc.constant({}) }, fc.constant({ unknown: 1 }));
  return fc.tuple(fc.subarray(others), foreign).chain(([chosen, more]) => {
    const all = [...needed, ...chosen];
    return fc
      .tuple(...all.map(([, schema]) => anyOf(schema as JsonSchema)))
      .map((values) => ({ ...Object.fromEntries(all.map(([name], index) => [name, values[index] ?? null])), ...more }));
  });
}

/** The one rule that no schema can say: environments name objectives of the same file. */
function namesKnownObjectives(settings: Json): boolean {
  const parsed = parseSettings(JSON.stringify(settings));
  return !("problems" in parsed) || parsed.problems.every(({ code }) => code !== "settings-unknown-objective");
}

describe("the schema of the settings", () => {
  it("takes and refuses what the reader takes and refuses", () => {
    const seen = { taken: 0, refused: 0 };
    fc.assert(
      fc.property(anyOf(SETTINGS_SCHEMA), (settings) => {
        fc.pre(namesKnownObjectives(settings));
        const taken = isRead(settings);
        seen[taken ? "taken" : "refused"] += 1;
        expect(keepsToSchema(settings)).toBe(taken);
      }),
      { numRuns: 4000, seed: 4 },
    );
    expect(seen.taken).toBeGreaterThan(100);
    expect(seen.refused).toBeGreaterThan(500);
  });

  it.each(PARTS)("takes and refuses alike below $path", ({ wrap, schema }) => {
    fc.assert(
      fc.property(anyOf(schema), (value) => {
        const settings = wrap(value);
        fc.pre(namesKnownObjectives(settings));
        expect(keepsToSchema(settings)).toBe(isRead(settings));
      }),
      { numRuns: 400, seed: 4 },
    );
  });

  it("says of every key what it is", () => {
    expect(keysIn(SETTINGS_SCHEMA).filter(({ described }) => !described)).toEqual([]);
  });
});

describe("docs/settings.md", () => {
  it("names every key of the schema, and would miss one", () => {
    const keys = [...new Set(keysIn(SETTINGS_SCHEMA).map(({ name }) => name))];
    const missing = (guide: string) => keys.filter((name) => !new RegExp(`\\b${name}:`).test(guide));
    expect(missing(GUIDE)).toEqual([]);
    expect(missing(GUIDE.replaceAll("baselineAbove:", ""))).toEqual(["baselineAbove"]);
  });

  it("has examples that the reader and the schema take", () => {
    expect(EXAMPLES.length).toBeGreaterThan(0);
    for (const example of EXAMPLES) {
      expect(parseSettings(example)).toHaveProperty("settings");
      expect([keepsToSchema(objectsIn(example)[0]), keepsToSchema.errors]).toEqual([true, null]);
    }
  });
});

function keysIn(schema: Json): readonly { readonly name: string; readonly described: boolean }[] {
  if (typeof schema !== "object" || schema === null || Array.isArray(schema)) return [];
  const { properties = {}, items = null, additionalProperties = null } = schema as JsonSchema;
  const fields = Object.entries(properties as JsonSchema);
  const own = fields.map(([name, field]) => ({ name, described: "description" in (field as JsonSchema) }));
  return [...own, ...fields.flatMap(([, field]) => keysIn(field)), ...keysIn(items), ...keysIn(additionalProperties)];
}
