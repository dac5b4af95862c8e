import { describe, expect, it } from "vitest";
import type { Suite } from "../../scripts/suites/suite.ts";
import { cargoOutcomes, missingOf, outcomesOf, requiredNames, vitestOutcomes } from "../../scripts/tally.ts";

const SUITE: Suite = { name: "daemon", says: "", argv: ["true"], result: { kind: "cargo" }, timeoutMinutes: 1 };

describe("the tally", () => {
  it("reads passed, failed and ignored tests of Rust", () => {
    const log = "test lease::expires ... ok\ntest network::delay ... FAILED\ntest bench ... ignored, needs root\n";
    expect(cargoOutcomes("daemon", log).map(({ test, state }) => [test, state])).toEqual([
      ["lease::expires", "passed"],
      ["network::delay", "failed"],
      ["bench", "skipped"],
    ]);
  });

  it("finds the state of a test of Rust behind what its children wrote, and takes none from them", () => {
    const log = [
      'test healing::keeper ... {"level":"WARN","message":"all is ok with it"}',
      "undone: f1",
      "ok",
      'test healing::again ... {"step":"one"}',
      "FAILED",
      "test lab::child ... said ok and went on",
      "test lease::last ... ok",
      "",
      "failures:",
    ].join("\n");
    expect(cargoOutcomes("daemon", log).map(({ test, state }) => [test, state])).toEqual([
      ["healing::keeper", "passed"],
      ["healing::again", "failed"],
      ["lab::child", "failed"],
      ["lease::last", "passed"],
    ]);
  });

  it("reads vitest's report by full name", () => {
    const json = JSON.stringify({
      testResults: [{ name: "a.test.ts", assertionResults: [{ fullName: "a b", status: "pending" }] }],
    });
    expect(vitestOutcomes("unit", json)).toEqual([{ suite: "unit", test: "a b", state: "skipped" }]);
  });

  it("counts a suite that died without a failed test as failed", () => {
    expect(outcomesOf({ suite: SUITE, exitCode: 101, log: "error: could not compile" })).toMatchObject([
      { state: "failed" },
    ]);
    expect(outcomesOf({ suite: SUITE, exitCode: 101, log: "test a ... ok\n" }).map(({ state }) => state)).toEqual([
      "passed",
      "failed",
    ]);
  });

  it("fails a suite that ran no test at all", () => {
    expect(
      outcomesOf({ suite: { ...SUITE, result: { kind: "vitest", file: "/nonexistent" } }, exitCode: 1, log: "" }),
    ).toMatchObject([{ state: "failed" }]);
  });

  it("fails a suite that met no test and was content, and skips one that says why", () => {
    const outcome = (log: string) => outcomesOf({ suite: SUITE, exitCode: 0, log });
    expect(outcome("running 0 tests\n")).toMatchObject([{ test: "daemon", state: "failed", why: "it ran no test" }]);
    const why = "skipped: no nightly toolchain is here";
    expect(outcome(`sanitizer\n${why}\n`)).toMatchObject([{ test: "daemon", state: "skipped", why }]);
  });

  it("fails a required test that is absent or skipped, and not one that ran", () => {
    const outcomes = [
      { suite: "e2e", test: "heals", state: "passed" },
      { suite: "e2e", test: "aborts", state: "skipped" },
    ] as const;
    const required = requiredNames("# why\ne2e: heals\ne2e: aborts\ne2e: absent\ndaemon: of another plan\n");
    expect(missingOf(required, outcomes, ["e2e"]).map(({ test }) => test)).toEqual(["e2e: aborts", "e2e: absent"]);
  });
});
