import type { RunFacts } from "../../src/github/commands/may-run.ts";
import { chooseEnvironment } from "../../src/github/environment.ts";
import type { Standing } from "../../src/github/people.ts";
import type { PullRequest } from "../../src/github/pull-request.ts";
import type { Experiment } from "../../src/manifest/experiment.ts";
import type { Review, ReviewedExperiment } from "../../src/review/review.ts";
import { parseSettings, type Settings } from "../../src/settings.ts";

export const RUNNER_KEY = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";

const SETTINGS = `
version: 1
execution: enabled
paths: ["chaos/**/*.yaml"]
runOnMerge: true
environments:
  staging:
    cluster: cluster-1
    runnerKey: ${RUNNER_KEY}
    namespaces: [staging]
    caps: { pods: 5, percent: 50, duration: 30s }
    run: { roles: [maintain, admin], users: [olga] }
    approve: { roles: [maintain, admin] }
    approvals: 0
    objectives: [errors]
objectives:
  errors:
    title: error rate
    query: 'sum(rate(errors[5s]))'
    freshness: 'time() - max(timestamp(errors))'
    maxAge: 10s
    below: 0.02
    baselineBelow: 0.001
    scope: inside
    unit: ratio
`;

/** Settings of one environment, read by the real parser, with what a test changes. */
export function someSettings(changes: Partial<Settings> = {}): Settings {
  const parsed = parseSettings(SETTINGS);
  if (!("settings" in parsed)) throw new Error(parsed.problems.map(({ message }) => message).join("; "));
  return { ...parsed.settings, ...changes };
}

/** An open pull request onto the default branch. */
export function aPullRequest(changes: Partial<PullRequest> = {}): PullRequest {
  return {
    number: 3,
    nodeId: "PR_3",
    author: "ada",
    open: true,
    merged: false,
    locked: false,
    fromFork: false,
    headSha: "abc",
    headBranch: "experiment",
    baseSha: "base",
    baseBranch: "main",
    labels: [],
    changedFiles: 1,
    ...changes,
  };
}

const experiment = { name: "delay", namespace: "staging", kind: "Other", chaosKind: "X" } as unknown as Experiment;

/** A reviewed experiment in `chaos/delay.yaml`. */
export function anExperiment(changes: Partial<Experiment> = {}): ReviewedExperiment {
  return {
    path: "chaos/delay.yaml",
    index: 0,
    place: { line: 1, column: 1 },
    experiment: { ...experiment, ...changes } as Experiment,
    findings: [],
    impact: { predictions: [], notPredictable: [] },
  };
}

/** A review of one experiment that was accepted as plan p1. */
export function aReview(changes: Partial<Review> = {}): Review {
  return {
    rulesVersion: "1",
    plan: "p1",
    headSha: "abc",
    environment: "staging",
    outcome: "reviewed",
    files: [],
    experiments: [anExperiment()],
    ...changes,
  };
}

/** Somebody with a role. */
export function somebody(login: string, role: string): Standing {
  const level = role === "admin" ? "admin" : ["maintain", "write"].includes(role) ? "write" : "read";
  return { login, role, level, teams: [] };
}

export const COMMENTED_AT = 1_700_000_100_000;

/** A run that nothing speaks against: a maintainer, the current plan, reviewed before the comment. */
export function runFacts(changes: Partial<RunFacts> = {}): RunFacts {
  const settings = changes.settings ?? someSettings();
  return {
    settings,
    pr: aPullRequest(),
    by: somebody("grace", "maintain"),
    environment: chooseEnvironment(settings),
    asked: undefined,
    defaultBranch: "main",
    manifest: undefined,
    plan: undefined,
    review: aReview(),
    recorded: { plan: "p1", environment: "staging", pusher: "grace", reviewedAt: COMMENTED_AT - 5000 },
    commentedAt: COMMENTED_AT,
    pushers: [],
    approvers: [],
    nowMs: COMMENTED_AT,
    ...changes,
  };
}
