import { describe, expect, it } from "vitest";
import { decide } from "../../src/admission/decide.ts";
import { CORPUS_IS_HERE, corpusRows } from "../manifest/support/corpus.ts";
import { objectsIn, repeatsAKey } from "../manifest/support/plain-value.ts";
import { CASES, objectOf, RULES, SAYS } from "./cases.ts";
import { policyErrors } from "./expected.ts";

describe("what is created past chaosgate", () => {
  it.each(CASES)("$name", (one) => {
    const decision = decide(objectOf(one), one.namespace ?? "staging", RULES);
    if (one.refused === undefined) expect(decision).toEqual({ allowed: true });
    else expect(decision.allowed ? "it was allowed" : decision.why.join("; ")).toMatch(SAYS[one.refused]);
  });

  it("is refused where an annotation has a character that no manifest may have, because nobody can say whom it hits", () => {
    const protectedOne = CASES.find(({ refused }) => refused === "protected");
    if (protectedOne === undefined) throw new Error("there is such a case");
    for (const character of ["\u007f", "\u0085x\u0086", "\ufffe"]) {
      const object = objectOf(protectedOne);
      const metadata = { ...Object(object.metadata), annotations: { note: character } };
      const decision = decide({ ...object, metadata }, protectedOne.namespace ?? "staging", RULES);
      expect(decision.allowed ? "it was allowed" : decision.why.join("; ")).toContain("could not be read");
    }
  });

  it("is refused for what the linter refuses, with every reason and its field", () => {
    const object = objectOf({ name: "", kind: "PodChaos", spec: { action: "pod-kil", mode: "fixed", selector: {} } });
    const decision = decide(object, "staging", RULES);
    expect(decision.allowed ? [] : decision.why).toEqual([
      expect.stringContaining("spec.action"),
      expect.stringContaining("spec.value"),
    ]);
  });
});

describe.skipIf(!CORPUS_IS_HERE)("admission of the corpus (skipped where it is not beside the repository)", () => {
  it("is the API server's answer to the text, and then the policy's", () => {
    const rows = corpusRows().flatMap(({ id, text, verdict }) => {
      const [object, ...more] = objectsIn(text);
      if (more.length > 0 || repeatsAKey(text) || typeof object !== "object" || object === null) return [];
      const { namespace = "default" } = Object(Object(object).metadata);
      const { allowed } = decide(Object(object), String(namespace), RULES);
      const taken = verdict === "accept";
      return [{ id, allowed, expected: taken && policyErrors(text).length === 0, taken }];
    });
    expect(rows.filter(({ allowed, expected }) => allowed !== expected)).toEqual([]);
    expect(rows.length).toBeGreaterThan(600);
    // Were one of the two answers always the same, the comparison would say little.
    expect(rows.filter(({ allowed }) => allowed).length).toBeGreaterThan(50);
    expect(rows.filter(({ taken, allowed }) => taken && !allowed).length).toBeGreaterThan(50);
    expect(rows.filter(({ taken }) => !taken).length).toBeGreaterThan(50);
  });
});
