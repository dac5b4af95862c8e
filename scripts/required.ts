// required.ts: writes test/required.txt from the last run's .test/outcomes.json: every test of the suites that touch a real kernel,
// real servers or a real browser, the bot's stories, and the unit tests that hold the seed's numbers and the house.

import { readFileSync, writeFileSync } from "node:fs";
import type { Outcome } from "./tally.ts";

const WHOLE_SUITES = [
  "daemon",
  "keeper",
  "newcomers",
  "other-kernel",
  "other-kernel-measured",
  "matrix",
  "matrix-elsewhere",
  "matrix-table",
  "impact-wire",
  "e2e",
  "node-e2e",
  "outages",
  "given-cluster",
  "scale",
];
/** Of the other suites, the tests whose full name starts so. */
const CHOSEN: Readonly<Record<string, readonly string[]>> = {
  unit: [
    "the seed's own numbers",
    "the seed's experiment",
    "the impact model beside",
    "the house",
    "the tally",
    "the matrix",
    "whatever a manifest holds",
  ],
  cluster: [
    "a journal in ChaosRuns",
    "a run in Kubernetes",
    "a runner in Kubernetes",
    "a snapshot of a real API server",
    "admission",
    "certificates in a cluster",
    "a rotated webhook",
    "Kubernetes as a run's cluster",
    "leadership among runners",
    "our own kinds",
    "the chart",
    "tried in the cluster",
    "the chaos-mesh engine",
    "chaosgate doctor",
  ],
  integration: [
    "a fix",
    "a merged schedule",
    "a newcomer who reads",
    "a repository on which the app was just installed",
    "a run",
    "a scheduled run",
    "a webhook",
    "an approved plan",
    "answers its first webhook",
    "chaosgate fix",
    "does the work of a delivery from cold",
    "hears nothing",
    "many pull requests at once",
    "on GitHub, or its data residency",
    "on a GitHub Enterprise Server",
    "on somebody else's GitHub",
    "one comment runs once",
    "the audit log",
    "refuses to boot",
    "runs once",
    "the dashboard",
    "the page of the installation",
    "the page of the stand-in",
  ],
};

const HEAD = `# Tests that must have run: \`suite: full name\`. Absent or skipped is failed where everything must run (CI).
# Written by scripts/required.ts from a complete run; a test that is renamed is renamed here in the same commit.
`;

const { outcomes } = JSON.parse(readFileSync(".test/outcomes.json", "utf8")) as {
  readonly outcomes: readonly Outcome[];
};
const names = outcomes
  .filter(({ state }) => state === "passed")
  .filter(
    ({ suite, test }) => WHOLE_SUITES.includes(suite) || (CHOSEN[suite] ?? []).some((start) => test.startsWith(start)),
  )
  .map(({ suite, test }) => `${suite}: ${test}`);
writeFileSync("test/required.txt", `${HEAD}${[...new Set(names)].sort().join("\n")}\n`);
console.log(`${names.length} tests are required`);
