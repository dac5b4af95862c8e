import type { Claim } from "../../run/desk.ts";
import type { Settings } from "../../settings.ts";
import type { TicketClaims } from "../../ticket/claims.ts";
import type { Bot } from "../bot.ts";
import { HOLD_LABEL } from "../delivery.ts";
import { lockOf } from "../locks.ts";
import { holds, standingOf } from "../people.ts";
import { readPullRequest } from "../pull-request.ts";
import type { Repository } from "../repository.ts";
import { claimsUnlessRevoked, isLive, type StandingTicket, standingTickets } from "../schedules.ts";
import { readSettings } from "../settings-file.ts";
import { ticketsUnderWay } from "./under-way.ts";

/** Schedules of one repository that may run in a cluster at this moment. A runner asks before each run. */
export async function standingClaims(
  repository: Repository,
  bot: Bot,
  clusterId: string,
  environments: readonly string[],
): Promise<readonly Claim[]> {
  const settings = await readSettings(repository);
  if (settings.execution !== "enabled") return [];
  const parts = await Promise.all(
    environments.map((environment) => ofEnvironment(repository, bot, settings, clusterId, environment)),
  );
  return parts.flat();
}

async function ofEnvironment(
  repository: Repository,
  bot: Bot,
  settings: Settings,
  clusterId: string,
  environment: string,
): Promise<readonly Claim[]> {
  const standing = await standingTickets(repository, environment);
  const live = standing.filter(({ statuses }) => isLive(statuses));
  if (live.length === 0 || (await lockOf(repository, environment, bot.clock.now())) !== undefined) return [];
  const isFull = await fullFor(repository, bot, settings, environment, standing);
  const claims: Claim[] = [];
  for (const schedule of live) {
    if (isFull(schedule.payload.ticketId)) continue;
    const stands = await claimsUnlessRevoked(repository, bot, settings, schedule);
    if (stands === undefined || stands.claims.aud !== clusterId || stands.claims.environment !== environment) continue;
    if (!(await mayRun(repository, settings, stands.claims))) continue;
    const { owner, name } = repository;
    const { ticket } = schedule.payload;
    claims.push({ deploymentId: schedule.id, repository: { owner, name }, ticket, files: stands.files });
  }
  return claims;
}

/** Where as many runs go on as may at once, no other schedule is given out: it is made up for as after a lock. */
async function fullFor(
  repository: Repository,
  bot: Bot,
  { environments }: Settings,
  environment: string,
  standing: readonly StandingTicket[],
): Promise<(ticketId: string) => boolean> {
  const most = environments[environment]?.caps.runs;
  if (most === undefined) return () => false;
  const underWay = await ticketsUnderWay(repository, environment, standing, bot.clock.now());
  // What a schedule runs itself does not hold it up: it never overlaps with itself.
  return (ticketId) => underWay.filter((other) => other !== ticketId).length >= most;
}

/** A hold and a lost role only hold it up: both may be taken back. */
async function mayRun(repository: Repository, settings: Settings, claims: TicketClaims): Promise<boolean> {
  const run = settings.environments[claims.environment]?.run;
  if (run === undefined) return false;
  const [pr, requester] = await Promise.all([
    readPullRequest(repository, claims.pull_request),
    standingOf(repository, claims.requester.login, run.teams),
  ]);
  return pr.merged && !pr.labels.includes(HOLD_LABEL) && holds(run, requester);
}
