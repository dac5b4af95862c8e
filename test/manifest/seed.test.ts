import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { fixManifest } from "../../src/manifest/fix.ts";
import { judge } from "./manifests.ts";

// The two manifests of the document that the project comes from.

const seed = (name: string) => readFileSync(resolve(import.meta.dirname, `../fixtures/seed/${name}.yaml`), "utf8");
const golden = (name: string) => resolve(import.meta.dirname, `../golden/manifest/${name}`);

describe("the seed's network delay", () => {
  const text = seed("network-delay");

  it("is refused for three mistakes, each at its line", () => {
    const { answer, problems } = judge(text);
    expect(answer).toBe("reject");
    expect(problems.map(({ code, place }) => [code, place.line])).toEqual([
      ["value-not-a-count", 9],
      ["field-missing", 16],
      ["scheduler-of-version-1", 27],
    ]);
  });

  it("reaches into another namespace than its own, as a policy can see before it is fixed", () => {
    const { namespace, reaches } = judge(text);
    expect(namespace).toBe("staging-chaos");
    expect(reaches?.map((reach) => [reach.namespace, reach.path, reach.place.line])).toEqual([
      ["staging", "spec.selector.namespaces[0]", 12],
      ["staging", "spec.target.selector.namespaces[0]", 19],
    ]);
  });

  it("is told so in these words", async () => {
    const told = judge(text).problems.map(
      ({ place, message, fix }) => `${place.line}:${place.column}\n${message}\n-> ${fix}\n`,
    );
    await expect(told.join("\n")).toMatchFileSnapshot(golden("network-delay-problems.txt"));
  });

  it("is fixed into a Schedule around it, with its comments", async () => {
    const { fixed, unresolved } = fixManifest(text);
    expect(unresolved).toEqual([]);
    await expect(fixed).toMatchFileSnapshot(golden("network-delay-fixed.yaml"));
  });

  it("is accepted when fixed, for the same pods and the same delay", () => {
    expect(judge(fixManifest(text).fixed)).toMatchObject({
      answer: "accept",
      kind: "Schedule",
      namespace: "staging",
      findings: [],
      experiment: {
        kind: "NetworkChaos",
        mode: { kind: "fixed-percent", percent: 30 },
        durationMs: 300_000,
        schedule: { cron: "*/30 * * * *", concurrencyPolicy: "Forbid" },
        network: {
          target: { mode: { kind: "all" } },
          netem: { delay: { latencyMs: 500, jitterMs: 50, correlation: 50 } },
        },
      },
    });
  });

  it("says what was assumed and what means something else now", () => {
    const { changes } = fixManifest(text);
    expect(changes.map(({ line }) => line)).toEqual([8, 5, 16, 27]);
    expect(changes.every(({ assumed }) => assumed !== undefined)).toBe(true);
    expect(changes.map(({ meaning }) => meaning).filter((meaning) => meaning !== undefined)).toEqual([
      "Version 1 also fired once at creation; a Schedule waits for its first cron time.",
    ]);
  });

  it("stays in its own namespace where that is wanted", () => {
    expect(judge(fixManifest(text, { namespacePolicy: "keep" }).fixed).namespace).toBe("staging-chaos");
  });
});

describe("the seed's clock skew", () => {
  it("is accepted as it is", () => {
    expect(judge(seed("clock-skew"))).toMatchObject({
      answer: "accept",
      findings: [],
      experiment: {
        kind: "TimeChaos",
        mode: { kind: "one" },
        durationMs: 600_000,
        clock: { offsetMs: 150, clocks: ["CLOCK_REALTIME", "CLOCK_MONOTONIC"], containerNames: [] },
      },
    });
  });
});
