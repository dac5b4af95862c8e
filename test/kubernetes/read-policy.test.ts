import { describe, expect, it } from "vitest";
import { readPolicy } from "../../src/kubernetes/read-policy.ts";

const policy = (spec: object) => readPolicy({ metadata: { name: "owners" }, spec });

describe("a ChaosPolicy that cannot be read", () => {
  it("permits nothing, says why, and protects what it names all the same", () => {
    const read = policy({
      namespaces: { names: ["staging"] },
      protectedNamespaces: ["payments"],
      kinds: "all of them",
    });
    expect(read).toMatchObject({ namespaces: { names: [] }, protectedNamespaces: ["payments"] });
    expect(read.broken).toContain("spec.kinds");
  });

  it("protects nothing by what is no list of names", () => {
    expect(policy({ protectedNamespaces: "payments" }).protectedNamespaces).toEqual([]);
    expect(policy({ protectedNamespaces: ["payments", 7] }).protectedNamespaces).toEqual(["payments"]);
  });
});
