// run-tests.ts PLAN: runs the suites of a plan one after the other, says what each is for, and ends with one line
// `N passed, N failed` over everything. Exit code 0 only when nothing failed and every required test ran.

import { spawn } from "node:child_process";
import { createWriteStream, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { Suite } from "./suites/suite.ts";
import { PLANS } from "./suites.ts";
import { missingOf, type Outcome, outcomesOf, requiredNames, type SuiteRun } from "./tally.ts";

const planName = process.argv[2] ?? "test";
const plan = PLANS[planName];
if (plan === undefined) {
  console.error(`run-tests: no plan ${planName}; there are ${Object.keys(PLANS).join(", ")}`);
  process.exit(2);
}

process.exitCode = (await runPlan(planName, plan)) ? 0 : 1;

async function runPlan(name: string, suites: readonly Suite[]): Promise<boolean> {
  mkdirSync(".test", { recursive: true });
  // Suites append to it.
  rmSync(".test/matrix.jsonl", { force: true });
  const outcomes: Outcome[] = [];
  for (const together of groupsOf(suites)) {
    for (const suite of together)
      console.log(`\n== ${suites.indexOf(suite) + 1}/${suites.length} ${suite.name}: ${suite.says}`);
    for (const run of await runTogether(together)) outcomes.push(...outcomesOf(run));
  }
  const mustAllRun = process.env.CI === "true" || process.env.CHAOSGATE_REQUIRE === "1";
  const required = requiredNames(readFileSync("test/required.txt", "utf8"));
  const missing = missingOf(
    required,
    outcomes,
    suites.map((suite) => suite.name),
  );
  return conclude(name, mustAllRun ? [...outcomes, ...missing] : outcomes, mustAllRun ? [] : missing);
}

/** Suites in order, each with those that run alongside it. */
function groupsOf(suites: readonly Suite[]): readonly (readonly Suite[])[] {
  const groups: Suite[][] = [];
  for (const suite of suites) {
    const last = groups.at(-1);
    if (suite.alongside && last !== undefined) last.push(suite);
    else groups.push([suite]);
  }
  return groups;
}

function runTogether(suites: readonly Suite[]): Promise<readonly SuiteRun[]> {
  const begun = new Map<string, Promise<SuiteRun>>();
  for (const suite of suites) begun.set(suite.name, runAfter(begun.get(suite.after ?? ""), suite));
  return Promise.all(begun.values());
}

async function runAfter(before: Promise<SuiteRun> | undefined, suite: Suite): Promise<SuiteRun> {
  await before;
  return runSuite(suite);
}

async function runSuite(suite: Suite): Promise<SuiteRun> {
  if (suite.result.kind === "vitest") rmSync(suite.result.file, { force: true });
  const startedAt = performance.now();
  const run = await execute(suite);
  if (suite.alongside) process.stdout.write(run.log);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(
    `-- ${suite.name}: ${run.exitCode === 0 ? "ok" : `failed with exit code ${run.exitCode}`} in ${seconds} s`,
  );
  return run;
}

/** Runs one suite with its output shown and kept in .test/NAME.log; a suite over its time is ended and has failed. */
function execute(suite: Suite): Promise<SuiteRun> {
  const [command = "", ...args] = suite.argv;
  const log = createWriteStream(`.test/${suite.name}.log`);
  const chunks: string[] = [];
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...suite.env } });
  const timer = setTimeout(() => child.kill("SIGKILL"), suite.timeoutMinutes * 60_000);
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      chunks.push(text);
      log.write(text);
      if (!suite.alongside) process.stdout.write(text);
    });
  }
  return new Promise((resolve) => {
    child.on("error", (error) => chunks.push(`${command}: ${error.message}\n`));
    child.on("close", (code) => {
      clearTimeout(timer);
      log.end();
      resolve({ suite, exitCode: code ?? 1, log: chunks.join("") });
    });
  });
}

function conclude(name: string, outcomes: readonly Outcome[], notRun: readonly Outcome[]): boolean {
  const count = (state: Outcome["state"]): number => outcomes.filter((outcome) => outcome.state === state).length;
  for (const { suite, test, why } of outcomes.filter(({ state }) => state === "failed")) {
    console.log(`FAILED ${suite}: ${test}${why === undefined ? "" : ` (${why})`}`);
  }
  for (const { suite, test } of outcomes.filter(({ state }) => state === "skipped"))
    console.log(`skipped ${suite}: ${test}`);
  if (notRun.length > 0) console.log(`${notRun.length} required tests did not run here; CI would fail on them`);
  const summary = `${count("passed")} passed, ${count("failed")} failed`;
  writeFileSync(".test/outcomes.json", JSON.stringify({ plan: name, outcomes }, undefined, 1));
  writeFileSync(".test/summary.txt", `${summary}\n`);
  console.log(`\n${summary}`);
  return count("failed") === 0;
}
