// What the statuses of a standing ticket say of its runs: which one began, and how one ended. Written and read here alone. Pure.

import type { DeploymentStatus } from "./deployments.ts";

type Statuses = readonly Pick<DeploymentStatus, "description">[];

const BEGAN = /^run (t[0-9a-f]{20}-\d{1,10}) began$/;
const ENDED = /^(t[0-9a-f]{20}-\d{1,10}): /;

/** The description of the status that says of a run that it has begun. */
export function beganSentence(runId: string): string {
  return `run ${runId} began`;
}

/** The description of the status that says of a run what became of it. */
export function endedSentence(runId: string, what: string): string {
  return `${runId}: ${what}`;
}

/** The run that began last, ended or not; statuses are newest first. */
export function lastBegun(statuses: Statuses): string | undefined {
  return statuses.map(({ description }) => BEGAN.exec(description)?.[1]).find((runId) => runId !== undefined);
}

/** The run that goes on: of a schedule it is one at most, and its beginning is then the last thing that was said of any. */
export function runUnderWay(statuses: Statuses): string | undefined {
  const newest = statuses.find(({ description }) => BEGAN.test(description) || ENDED.test(description));
  return newest && BEGAN.exec(newest.description)?.[1];
}

/**
 * What was said since a run began, newest first. Its beginning may stand there twice, where a check could not be written the first
 * time: all since the older one is meant for it.
 */
export function saidSince(statuses: Statuses, runId: string): Statuses {
  const begin = statuses.findLastIndex(({ description }) => description === beganSentence(runId));
  return statuses.slice(0, Math.max(0, begin));
}

/** When a run was due, in Unix seconds: its name says it. */
export function dueAt(runId: string): number {
  return Number(runId.slice(runId.lastIndexOf("-") + 1));
}
