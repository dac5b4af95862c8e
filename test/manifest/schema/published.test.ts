import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KINDS } from "../../../src/manifest/kinds/kinds.ts";
import type { JsonValue } from "../../../src/manifest/object/object-node.ts";
import { DESCRIPTIONS, keyAt } from "../../../src/manifest/schema/descriptions.ts";
import { anyKindSchema, documentSchema } from "../../../src/manifest/schema/published.ts";
import { formatOf, TEXT_FORMATS } from "../../../src/manifest/schema/text-formats.ts";
import { experimentOf, networkChaos, plain, podChaos, schedule } from "../manifests.ts";
import { CORPUS_IS_HERE, corpusRows } from "../support/corpus.ts";
import { objectsIn, repeatsAKey } from "../support/plain-value.ts";

/** As an editor reads the schemas: it knows no format of ours. */
const editor = new Ajv2020({ strict: false, validateFormats: false });
const validators = new Map<string, ValidateFunction>();
for (const kind of KINDS) {
  const schema = documentSchema(kind);
  if (schema === undefined) throw new Error(`no schema of ${kind}`);
  validators.set(kind, editor.compile(schema));
  editor.addSchema({ ...schema, $id: `file:///schemas/${kind}.json` });
}
const anyKind = editor.compile({ ...anyKindSchema(), $id: "file:///schemas/chaos-mesh.json" });

function isFine(object: JsonValue): boolean {
  const kind = typeof object === "object" && object !== null && "kind" in object ? String(object.kind) : "";
  return validators.get(kind)?.(object) === true;
}

function alone(text: string): JsonValue {
  const [object = null] = objectsIn(text);
  return object;
}

describe("a published schema", () => {
  it.each(KINDS)("of %s is a schema by the draft that it names", (kind) => {
    expect(editor.validateSchema(documentSchema(kind) ?? false)).toBe(true);
  });

  it.each([networkChaos(), podChaos(), schedule(), experimentOf("HTTPChaos"), experimentOf("StressChaos")])(
    "lets a good manifest through (%#)",
    (text) => {
      expect([isFine(alone(text)), anyKind(alone(text))]).toEqual([true, true]);
    },
  );

  it.each([
    { wrong: "a field that the kind does not have", text: networkChaos("acton: loss") },
    { wrong: "a number where text is needed", text: networkChaos("value: 30") },
    { wrong: "text where a number is needed", text: podChaos("gracePeriod: '5'") },
    { wrong: "a word that is not listed", text: networkChaos("mode: some") },
    { wrong: "a missing field", text: networkChaos("-mode") },
    { wrong: "an empty required field", text: networkChaos("mode:") },
    { wrong: "a duration with a space", text: podChaos("duration: 5 min") },
    { wrong: "a percentage with its sign", text: networkChaos("action: loss", "loss: { loss: 25% }") },
    { wrong: "a field of version 1", text: podChaos("scheduler: { cron: '@hourly' }") },
    { wrong: "a number out of range", text: experimentOf("StressChaos", "stressors: { cpu: { load: 200 } }") },
    { wrong: "a mistake inside a block", text: schedule("podChaos: { action: pod-kil, mode: one }") },
    { wrong: "a mistake inside a template", text: plain("Workflow", "entry: a", "templates: [{ nam: a }]") },
    { wrong: "a name in upper case", text: podChaos().replace("slow-payment", "Slow") },
    { wrong: "another version of the API", text: podChaos().replace("v1alpha1", "v1") },
  ])("refuses $wrong", ({ text }) => {
    expect([isFine(alone(text)), isFine(alone(podChaos()))]).toEqual([false, true]);
  });

  it("of any kind refuses kinds that there are not, and lets others' objects through", () => {
    expect(anyKind({ apiVersion: "chaos-mesh.org/v1alpha1", kind: "NetworkChoas" })).toBe(false);
    expect(anyKind({ apiVersion: "v1", kind: "ConfigMap", data: {} })).toBe(true);
    expect(anyKind(alone(networkChaos("acton: loss")))).toBe(false);
  });
});

/** What controllers write and nobody types, and the fields of containers and volumes, which Kubernetes describes. */
const WRITTEN_BY_OTHERS =
  /^(status|metadata\.(ownerReferences|managedFields)|pod(Http|IO|Network)Chaos|workflowNode)(\.|$)|\.(container|volumes)\./;

describe("the descriptions", () => {
  const used = new Set<string>();
  const missing: string[] = [];
  for (const kind of KINDS)
    documentSchema(kind, (path) => {
      const key = keyAt(path);
      if (key === undefined) missing.push(path.join("."));
      else used.add(key);
      return undefined;
    });

  it("say of every field what it is, and of nothing else", () => {
    expect([...new Set(missing)].filter((path) => !WRITTEN_BY_OTHERS.test(path))).toEqual([]);
    expect([...DESCRIPTIONS.keys()].filter((key) => !used.has(key))).toEqual([]);
  });

  it("take the longest end of a path, and miss what is not there", () => {
    expect(keyAt(["blockChaos", "delay", "latency"])).toBe("blockChaos.delay.latency");
    expect(keyAt(["physicalmachineChaos", "jvm-latency", "latency"])).toBe("latency");
    expect(keyAt(["podChaos", "nothing-of-the-kind"])).toBeUndefined();
  });
});

describe("the pattern of a text format", () => {
  const words = fc.oneof(
    fc.constantFrom("", "0", "5m", "-1h30m", "+.5s", "5µs", "500ms", "0x1p-2", "inf", "1_0", "*/5 * * * *", "200-299"),
    fc.constantFrom("1 mbps", "10KBit", "50%", "256MB", " 1gbps ", "YWI=", "YQ==", "+5", "00200"),
    fc.string({ unit: fc.constantFrom(..."0159.+-%smhukbitpKMB =µ"), maxLength: 8 }),
  );

  it("never refuses what its check takes", () => {
    for (const [name, { check, pattern }] of Object.entries(TEXT_FORMATS)) {
      if (pattern === undefined) continue;
      let taken = 0;
      const holds = (word: string) => {
        if (check(word) !== undefined) return;
        taken += 1;
        expect(word).toMatch(new RegExp(pattern, "u"));
      };
      fc.assert(fc.property(words, holds), { numRuns: 1000, seed: 4 });
      expect([name, taken > 5]).toEqual([name, true]);
    }
  });

  it("needs a name for its check", () => {
    expect(() => formatOf(() => undefined)).toThrow("has no name");
  });
});

describe.skipIf(!CORPUS_IS_HERE)("a published schema (skipped where the corpus is not beside the repository)", () => {
  const rows = () => corpusRows().filter(({ text }) => objectsIn(text).length === 1 && !repeatsAKey(text));

  it("raises no false alarm on what the API server accepts", () => {
    const accepted = rows().filter(({ verdict }) => verdict === "accept");
    expect(accepted.length).toBeGreaterThan(300);
    expect(accepted.filter(({ text }) => !isFine(alone(text))).map(({ id }) => id)).toEqual([]);
  });

  it("finds two thirds of what the API server refuses; the rest are rules between fields", () => {
    const refused = rows().filter(({ verdict }) => verdict === "reject");
    const found = refused.filter(({ text }) => !isFine(alone(text)));
    console.log(
      `the published schemas refuse ${found.length} of ${refused.length} manifests that the API server refuses`,
    );
    expect(found.length / refused.length).toBeGreaterThan(0.65);
  });
});
