// Adds up what the suites left behind. A required test that is absent or skipped counts as failed where everything must run.

import { existsSync, readFileSync } from "node:fs";
import type { Suite } from "./suites/suite.ts";

export type Outcome = {
  readonly suite: string;
  readonly test: string;
  readonly state: "passed" | "failed" | "skipped";
  readonly why?: string;
};

export type SuiteRun = { readonly suite: Suite; readonly exitCode: number; readonly log: string };

/** Every test of a suite that ran; a suite that died without a result, or ran no test at all, is one failed test of its own name. */
export function outcomesOf(run: SuiteRun): readonly Outcome[] {
  const found = resultsOf(run);
  const silentDeath = run.exitCode !== 0 && !found.some(({ state }) => state === "failed");
  if (found.length === 0 && run.exitCode === 0) return [{ ...whole(run), ...ofNoTest(run.log) }];
  return silentDeath || found.length === 0 ? [...found, whole(run)] : found;
}

/** A filter that meets nothing any more is no success; what says that it skips is none either. */
function ofNoTest(log: string): Pick<Outcome, "state" | "why"> {
  const skips = /^skipped: .*$/m.exec(log)?.[0];
  return skips === undefined ? { state: "failed", why: "it ran no test" } : { state: "skipped", why: skips };
}

function resultsOf(run: SuiteRun): readonly Outcome[] {
  switch (run.suite.result.kind) {
    case "exit":
      return [whole(run)];
    case "cargo":
      return cargoOutcomes(run.suite.name, run.log);
    case "vitest":
      return existsSync(run.suite.result.file)
        ? vitestOutcomes(run.suite.name, readFileSync(run.suite.result.file, "utf8"))
        : [];
  }
}

function whole({ suite, exitCode }: SuiteRun): Outcome {
  return {
    suite: suite.name,
    test: suite.name,
    state: exitCode === 0 ? "passed" : "failed",
    why: `exit code ${exitCode}`,
  };
}

type VitestReport = {
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
};

/** Reads vitest's JSON report. */
export function vitestOutcomes(suite: string, json: string): readonly Outcome[] {
  const report = JSON.parse(json) as VitestReport;
  return report.testResults.flatMap((file) =>
    file.assertionResults.map(({ fullName, status }) => ({ suite, test: fullName, state: stateOf(status) })),
  );
}

function stateOf(status: string): Outcome["state"] {
  if (status === "passed") return "passed";
  return status === "failed" ? "failed" : "skipped";
}

/**
 * Reads `test NAME ... ok` of Rust's test harness. What a child of the test writes may stand between name and state; a test whose
 * state never came is a failed one.
 */
export function cargoOutcomes(suite: string, log: string): readonly Outcome[] {
  const begins = [...log.matchAll(/^test (\S+)(?: - should panic)? \.\.\. /gm)];
  return begins.map((begin, index) => {
    const told = log.slice(begin.index + begin[0].length, begins[index + 1]?.index);
    return { suite, test: begin[1] ?? "", state: cargoState(told) };
  });
}

const CARGO_STATES = { ok: "passed", FAILED: "failed", ignored: "skipped" } as const;

/** The first state that ends a line (with `ignored`, its reason may follow): a word of it within what a child says is none. */
function cargoState(told: string): Outcome["state"] {
  const word = /(?:^|[^\w"])(?:(ok|FAILED|ignored)$|(ignored), .*$)/m.exec(told);
  return CARGO_STATES[(word?.[1] ?? word?.[2] ?? "FAILED") as keyof typeof CARGO_STATES];
}

/** Lines of test/required.txt that have no passed test, as failures. Only suites that were part of the plan are asked for. */
export function missingOf(
  required: readonly string[],
  outcomes: readonly Outcome[],
  suites: readonly string[],
): readonly Outcome[] {
  const passedOrFailed = new Set(
    outcomes.filter(({ state }) => state !== "skipped").map(({ suite, test }) => `${suite}: ${test}`),
  );
  return required
    .filter((line) => suites.includes(line.split(":")[0] ?? ""))
    .filter((line) => !passedOrFailed.has(line))
    .map((line) => ({
      suite: "required",
      test: line,
      state: "failed",
      why: "named in test/required.txt, but absent or skipped",
    }));
}

/** The names in test/required.txt: one `suite: full test name` a line, `#` starts a comment. */
export function requiredNames(text: string): readonly string[] {
  return text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}
