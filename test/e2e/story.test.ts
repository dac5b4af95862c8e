import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startPart } from "../../src/entrypoints/playground/part.ts";
import type { Check, Fact, Outcome } from "../../src/entrypoints/playground/story.ts";
import type { RunReport } from "../../src/run/report.ts";
import { ALERTMANAGER, DAEMON, missingParts, PROMETHEUS } from "./support/sandbox.ts";

// What `make demo` plays, held by a test: the same program, its report read by a machine.

const why = missingParts(PROMETHEUS, ALERTMANAGER, DAEMON);
if (why !== undefined) console.log(`story: skipped, ${why}`);

type Report = {
  readonly checks: readonly Check[];
  readonly facts: readonly Fact[];
  readonly runs: readonly RunReport[];
  readonly scenarios: readonly Outcome[];
};

describe.skipIf(why !== undefined)("the story of the demo", () => {
  const folder = mkdtempSync(join(tmpdir(), "story-"));
  let exitCode: number | null;
  let report: Report;

  beforeAll(async () => {
    const argv = [process.execPath, "src/entrypoints/playground.ts", "--folder", folder, "--port", "8418"];
    const story = startPart({ name: "story", argv, logFile: join(folder, "story.log") });
    const patience = setTimeout(() => void story.stop("SIGKILL"), 300_000);
    exitCode = await story.ended;
    clearTimeout(patience);
    console.log(readFileSync(join(folder, "story.log"), "utf8"));
    report = JSON.parse(readFileSync(join(folder, "report.json"), "utf8")) as Report;
  }, 330_000);

  afterAll(() => rm(folder, { recursive: true }));

  const check = (step: string, name: string): Check | undefined =>
    report.checks.find((one) => one.step === step && one.name === name);

  it.each([
    { step: "1", name: "problems at their lines" },
    { step: "2", name: "blast radius" },
    { step: "2", name: "the seed's throughput" },
    { step: "3", name: "refused with reasons" },
    { step: "4", name: "added latency as predicted" },
    { step: "4", name: "aborted within one poll + 1 s of the first evaluation over the bound" },
    { step: "4", name: "rollback" },
    { step: "4", name: "residue seen by an observer of its own" },
    { step: "4", name: "the silence is gone" },
    { step: "4", name: "the pull request says so" },
    { step: "4", name: "predicted beside measured" },
    { step: "5", name: "verdict" },
    { step: "5", name: "the cap of 30 s was applied" },
    { step: "5", name: "rollback" },
    { step: "6", name: "lease values read back from the daemon" },
    { step: "6", name: "healed after the last renewal" },
    { step: "6", name: "healed by the lease and nothing else" },
    { step: "6", name: "the silence is gone" },
    { step: "6", name: "residue seen by an observer of its own" },
    { step: "6", name: "the run ends without a claim" },
    { step: "7", name: "the clock: the victim feels what was asked for" },
    { step: "7", name: "the clock: a replica beside it does not" },
    { step: "7", name: "the clock: an observer sees the fault while it lasts" },
    { step: "7", name: "the clock: verdict and rollback" },
    { step: "7", name: "the clock: healed, and residue seen by an observer of its own" },
    { step: "7", name: "the clock: the pull request says so" },
    { step: "7", name: "the files: the victim feels what was asked for" },
    { step: "7", name: "the files: a replica beside it does not" },
    { step: "7", name: "the files: an observer sees the fault while it lasts" },
    { step: "7", name: "the files: verdict and rollback" },
    { step: "7", name: "the files: healed, and residue seen by an observer of its own" },
    { step: "7", name: "the files: the pull request says so" },
  ])("step $step: $name", ({ step, name }) => {
    expect(check(step, name)).toMatchObject({ ok: true });
  });

  it("ends with exit code 0, and every check holds", () => {
    expect(report.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(exitCode).toBe(0);
  });

  it("has three scenarios, each predicted before its run and measured under it", () => {
    expect(new Set(report.scenarios.map(({ scenario }) => scenario)).size).toBe(3);
    for (const { predictedAt, measuredAt, predicted, measured, error } of report.scenarios) {
      const run = report.runs.findLast(({ requestedAt }) => requestedAt < measuredAt);
      expect(predictedAt).toBeLessThan(run?.requestedAt ?? 0);
      expect(error).toBeCloseTo((measured - predicted) / predicted, 9);
    }
  });

  it("could have failed: without the fault the latency is not as predicted, and under it the kernel is not clean", () => {
    const slowdown = report.facts.find(({ what }) => what.startsWith("connect from"))?.value as {
      bystanderMs: readonly number[];
    };
    expect(Math.abs(Math.min(...slowdown.bystanderMs) / 500 - 1)).toBeGreaterThan(0.1);
    expect(check("4", "the fault is in the kernel while it lasts")?.measured).toBeGreaterThan(0);
    expect(check("4", "alerts are silenced while it lasts")?.measured).toBe(1);
  });

  it("keeps the runs as the runner reported them, each with verdict, readings and raw instants", () => {
    expect(report.runs.map(({ verdict, rollback }) => [verdict, rollback])).toEqual([
      ["violated", "verified"],
      ["resilient", "verified"],
      ["inconclusive", expect.stringMatching(/verified|expired/)],
      ["resilient", "verified"],
      ["resilient", "verified"],
    ]);
    for (const run of report.runs) expect(run.readings.every(({ at }) => at > 1_700_000_000_000)).toBe(true);
  });

  it("has pictures of the page", () => {
    for (const name of ["review", "result", "pull-request"])
      expect(existsSync(join(folder, `${name}.png`)), name).toBe(true);
  });
});
