import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { PLANS } from "../../scripts/suites.ts";
import { requiredNames } from "../../scripts/tally.ts";

const suites = Object.entries(PLANS).flatMap(([plan, of]) => of.map((suite, at) => ({ plan, of, suite, at })));

describe("the plans", () => {
  it("let a suite wait only for one that was begun together with it", () => {
    for (const { plan, of, suite, at } of suites.filter((each) => each.suite.after !== undefined)) {
      const awaited = of.findIndex(({ name }) => name === suite.after);
      const between = of.slice(awaited + 1, at + 1);
      expect(awaited, `${plan}: ${suite.name}`).toBeGreaterThanOrEqual(0);
      expect(between.length, `${plan}: ${suite.name}`).toBeGreaterThan(0);
      expect(between.every(({ alongside }) => alongside === true)).toBe(true);
    }
  });

  it("keep each suite's report apart", () => {
    for (const [plan, of] of Object.entries(PLANS)) {
      const files = of.flatMap(({ result }) => (result.kind === "vitest" ? [result.file] : []));
      expect(new Set(files).size, plan).toBe(files.length);
      for (const { name, argv, result } of of)
        if (result.kind === "vitest") expect(argv, name).toContain(`--outputFile=${result.file}`);
    }
  });

  it("run every suite of which a test is required", () => {
    const named = new Set(suites.map(({ suite }) => suite.name));
    const required = requiredNames(readFileSync("test/required.txt", "utf8"));
    for (const line of required) expect(named, line).toContain(line.slice(0, line.indexOf(":")));
  });
});
