import { deploymentStatuses } from "../deployments.ts";
import type { Repository } from "../repository.ts";
import { queuedRuns } from "../runs.ts";
import { runUnderWay } from "../scheduled-runs.ts";
import { standingTickets } from "../schedules.ts";

/** Older runs are not asked about: each costs a request, and none lasts a day. */
const LONGEST_RUN_MS = 24 * 3_600_000;

/** The tickets of an environment of which something runs now, asked for or scheduled: what `caps.runs` counts. */
export async function ticketsUnderWay(
  repository: Repository,
  environment: string,
  nowMs: number,
): Promise<readonly string[]> {
  const scheduled = (await standingTickets(repository, environment)).filter(
    ({ statuses }) => runUnderWay(statuses) !== undefined,
  );
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
