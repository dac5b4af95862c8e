import { deploymentStatuses } from "../deployments.ts";
import type { Repository } from "../repository.ts";
import { queuedRuns } from "../runs.ts";
import { runUnderWay } from "../scheduled-runs.ts";
import type { StandingTicket } from "../schedules.ts";

/** Older runs are not asked about: each costs a request, and none lasts a day. */
const LONGEST_RUN_MS = 24 * 3_600_000;

/**
 * The tickets of an environment of which something runs now, asked for or, of those that stand there, scheduled: what `caps.runs`
 * counts. A revoked one counts for as long as its last run goes on.
 */
export async function ticketsUnderWay(
  repository: Repository,
  environment: string,
  standing: readonly StandingTicket[],
  nowMs: number,
): Promise<readonly string[]> {
  const scheduled = standing.filter(({ statuses }) => runUnderWay(statuses) !== undefined);
  const runs = [...(await askedFor(repository, environment, nowMs)), ...scheduled];
  return runs.map(({ payload }) => payload.ticketId);
}

async function askedFor(repository: Repository, environment: string, nowMs: number) {
  const young = (await queuedRuns(repository, environment)).filter(
    ({ createdAt }) => createdAt > nowMs - LONGEST_RUN_MS,
  );
  const states = await Promise.all(young.map(async ({ id }) => (await deploymentStatuses(repository, id))[0]?.state));
  return young.filter((_, index) => states[index] === "in_progress");
}
