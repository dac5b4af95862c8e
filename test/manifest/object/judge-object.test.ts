import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KINDS } from "../../../src/manifest/kinds/kinds.ts";
import { judgeObject } from "../../../src/manifest/object/judge-object.ts";
import type { JsonValue } from "../../../src/manifest/object/object-node.ts";
import { judge, networkChaos, podChaos } from "../manifests.ts";
import { CORPUS_IS_HERE, corpusRows } from "../support/corpus.ts";
import { objectsIn, repeatsAKey } from "../support/plain-value.ts";
import { documentOf } from "../support/values-of.ts";

/** What is said about the text, without its places. */
function byText(text: string): readonly string[] {
  const { answer, problems } = judge(text);
  return [answer, ...problems.map(({ code, path }) => `${code} ${path}`).sort()];
}

function byObject(value: JsonValue): readonly string[] {
  const judged = judgeObject(value);
  if (judged.answer === "accept") return [judged.answer];
  return [judged.answer, ...judged.problems.map(({ code, path }) => `${code} ${path}`).sort()];
}

function onlyObject(text: string): JsonValue {
  const [object = null] = objectsIn(text);
  return object;
}

describe("an object", () => {
  it("is judged like its text, whatever the kind and whatever is wrong with it", () => {
    const seen = { accept: 0, reject: 0 };
    for (const kind of KINDS)
      fc.assert(
        fc.property(documentOf(kind), (document) => {
          const [answer, ...problems] = byObject(document);
          seen[answer as "accept" | "reject"] += 1;
          expect([answer, ...problems]).toEqual(byText(JSON.stringify(document)));
        }),
        { numRuns: 300, seed: 4 },
      );
    // Without both answers in numbers the law above would say little.
    expect(seen.accept).toBeGreaterThan(500);
    expect(seen.reject).toBeGreaterThan(2000);
  });

  it("that passes is the very object, with the type of its kind", () => {
    const object = onlyObject(podChaos());
    const judged = judgeObject(object);
    if (judged.answer === "reject" || judged.object.kind !== "PodChaos") throw new Error("refused");
    expect(judged.object).toBe(object);
    expect(judged.object.spec.action).toBe("pod-failure");
  });

  it("that is refused says why and what to do, as its text does", () => {
    const text = networkChaos("value: 30%", "mode: fixed-percent", "delay: { latency: 1 s }");
    const judged = judgeObject(onlyObject(text));
    const said = judged.answer === "reject" ? judged.problems : [];
    const ofText = judge(text).problems.map(({ place, suggestion, ...problem }) => problem);
    expect(said).toHaveLength(2);
    expect(new Set(said)).toEqual(new Set(ofText));
  });

  it.each([
    { name: "of no kind", value: {} },
    { name: "of a kind that every object has", value: { apiVersion: "chaos-mesh.org/v1alpha1", kind: "constructor" } },
    { name: "that is a list", value: [] },
    { name: "that is nothing", value: null },
  ])("$name is refused", ({ value }) => {
    expect(judgeObject(value).answer).toBe("reject");
  });

  it("is bounded in depth and size", () => {
    const deep = JSON.parse(`${"[".repeat(5000)}${"]".repeat(5000)}`) as JsonValue;
    const wide = { items: Array.from({ length: 60_000 }, () => 1) };
    expect([deep, wide].map((value) => byObject(value))).toEqual([
      ["reject", "yaml-too-deep "],
      ["reject", "yaml-too-many-values "],
    ]);
  });
});

describe.skipIf(!CORPUS_IS_HERE)("an object of the corpus (skipped where it is not beside the repository)", () => {
  it("is judged as the API server judged its text", () => {
    const rows = corpusRows().filter(({ text }) => objectsIn(text).length === 1 && !repeatsAKey(text));
    const wrong = rows.filter(({ text, verdict }) => judgeObject(onlyObject(text)).answer !== verdict);
    expect(rows.length).toBeGreaterThan(600);
    expect(wrong.map(({ id }) => id)).toEqual([]);
  });
});
