import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DEFAULT_SETTINGS, matchesPaths, parseSettings, policyOf, type Settings } from "../../src/settings.ts";

const documented = /```yaml\n([\s\S]*?)```/.exec(readFileSync("docs/settings.md", "utf8"))?.[1] ?? "";

function settingsOf(text: string): Settings {
  const parsed = parseSettings(text);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings;
}

function problemsOf(text: string): readonly string[] {
  const parsed = parseSettings(text);
  return "problems" in parsed
    ? parsed.problems.map(({ place, message, fix }) => `${place.line}:${place.column} ${message}. ${fix}`)
    : [];
}

describe("the settings", () => {
  it("of the documentation are read as it says", () => {
    const { environments, objectives, services, paths } = settingsOf(documented);
    expect(paths).toEqual(["chaos/**/*.yaml"]);
    expect(environments.staging?.caps).toEqual({
      clockShiftMs: 60_000,
      pods: 5,
      percent: 50,
      durationMs: 300_000,
      runs: 2,
    });
    expect(environments.staging?.pairings).toEqual([{ from: "staging-chaos", to: "staging" }]);
    expect(objectives["checkout-errors"]?.bound).toEqual({ kind: "below", value: 0.02 });
    expect(objectives["checkout-errors"]?.baselineBound).toEqual({ kind: "below", value: 0.001 });
    expect(objectives["catalog-errors"]).toMatchObject({
      scope: "outside",
      maxAgeSeconds: 60,
      title: "catalog-errors",
    });
    expect(services[0]).toMatchObject({ name: "checkout", ratePerSecond: 1000, pool: 200, path: "services/checkout" });
    expect(services[1]).toMatchObject({ name: "payment", owners: ["@acme/payments"] });
    expect(services[0]?.calls[0]).toEqual({
      to: "payment",
      timeoutMs: 300,
      serviceTimeMs: 2,
      perRequest: 1,
      retries: 0,
      rttMs: 2,
      windowBytes: 65_536,
      linkBytesPerSecond: 125_000_000,
    });
  });

  it("without a version or with unknown words say so at the line, all at once", () => {
    expect(problemsOf("execution: on\nenviroments: {}\n")).toEqual([
      "1:1 version is missing. Add version.",
      "1:12 execution is not one of enabled, disabled. Write enabled or disabled.",
      "2:1 enviroments is not a setting. Write environments.",
    ]);
  });

  it.each([
    {
      name: "a duration without a unit",
      text: "version: 1\nenvironments: { a: { caps: { duration: 5 } } }",
      says: "caps.duration is not a duration",
    },
    {
      name: "a percentage over 100",
      text: "version: 1\nenvironments: { a: { caps: { percent: 130 } } }",
      says: "over 100",
    },
    {
      name: "an objective nobody defined",
      text: "version: 1\nenvironments: { a: { objectives: [x] } }",
      says: "x is not an objective",
    },
    {
      name: "an objective that promises nothing",
      text: "version: 1\nobjectives: { a: { query: q, freshness: f } }",
      says: "a promises nothing",
    },
    {
      name: "an objective that promises both sides",
      text: "version: 1\nobjectives: { a: { query: q, freshness: f, below: 1, above: 0 } }",
      says: "both sides",
    },
    {
      name: "a runner key that is none",
      text: "version: 1\nenvironments: { a: { runnerKey: abc } }",
      says: "not an Ed25519 public key",
    },
    {
      name: "a cluster in which anything may be hit",
      text: "version: 1\nenvironments: { a: { cluster: c } }",
      says: "has no namespaces",
    },
    { name: "a key written twice", text: "version: 1\nversion: 1\n", says: "version is written twice" },
    { name: "a second document", text: "version: 1\n---\nversion: 1\n", says: "one YAML document" },
    { name: "no document", text: "", says: "the file is not a map" },
    { name: "another version", text: "version: 2\n", says: "version is not 1" },
    { name: "text that is not YAML", text: "a: [", says: "" },
  ])("refuse $name", ({ text, says }) => {
    const problems = problemsOf(text);
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.join("\n")).toContain(says);
  });

  it("never throw, whatever the text", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 400 }), (text) => parseSettings(text) !== undefined),
      { seed: 3 },
    );
  });

  it("give nobody a capability that is not written", () => {
    const { environments } = settingsOf("version: 1\nenvironments: { a: { namespaces: [x] } }");
    expect(environments.a).toMatchObject({ run: { roles: [], users: [] }, approve: { roles: [], users: [] } });
  });

  it("make the policy of an environment, and one that may hit nothing for an unknown one", () => {
    const settings = settingsOf(documented);
    expect(policyOf("staging", settings).protectedNamespaces).toEqual(["shared-db"]);
    expect(policyOf("production", settings).namespaces).toEqual([]);
  });
});

describe("paths of manifests", () => {
  it.each([
    { glob: "chaos/**/*.yaml", path: "chaos/a.yaml", matches: true },
    { glob: "chaos/**/*.yaml", path: "chaos/team/deep/a.yaml", matches: true },
    { glob: "chaos/**/*.yaml", path: "chaos/a.yml", matches: false },
    { glob: "chaos/*.yaml", path: "chaos/team/a.yaml", matches: false },
    { glob: "**/*.yaml", path: "a.yaml", matches: true },
    { glob: "a.b/?.yaml", path: "aXb/c.yaml", matches: false },
    { glob: "**", path: ".github/chaosgate.yml", matches: false },
  ])("$glob and $path: $matches", ({ glob, path, matches }) => {
    expect(matchesPaths({ ...DEFAULT_SETTINGS, paths: [glob] }, path)).toBe(matches);
  });
});
