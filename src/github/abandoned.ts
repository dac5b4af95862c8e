// Tickets that no runner took and runs of which nobody has heard: they are ended here, since a check that spins for ever says nothing.

import { audit } from "./audit.ts";
import type { Bot } from "./bot.ts";
import {
  type Check,
  newestOwnCheck,
  ownChecks,
  putCheck,
  readCheck,
  runCheckName,
  scheduleCheckName,
} from "./checks.ts";
import { deploymentStatuses, isWaiting, setDeploymentStatus } from "./deployments.ts";
import { TICKET_LIFETIME_SECONDS } from "./hand-off.ts";
import { readProgressMark } from "./marks.ts";
import type { Repository } from "./repository.ts";
import { type QueuedRun, queuedRuns, takeBack } from "./runs.ts";
import { dueAt, endedSentence, lastBegun, runUnderWay } from "./scheduled-runs.ts";
import { isLive, type StandingTicket, standingTickets } from "./schedules.ts";

/** A runner reports every few seconds, and tries again for as long as it lives. */
const SILENT_RUN_MS = 15 * 60_000;
const WHY = "nothing was heard of the run for 15 minutes";

/** Ends what nobody took and what nobody reports on, of tickets that run once and of those that stand. */
export async function endAbandoned(repository: Repository, bot: Bot): Promise<void> {
  const nowMs = bot.clock.now();
  for (const run of await queuedRuns(repository)) {
    const ageMs = nowMs - run.createdAt;
    if (ageMs < TICKET_LIFETIME_SECONDS * 1000) continue;
    const [newest] = await deploymentStatuses(repository, run.id);
    if (isWaiting(newest)) await takeBack(repository, bot, run, "no runner accepted the ticket in time");
    if (newest?.state === "in_progress") await endSilent(repository, bot, run);
  }
  for (const schedule of await standingTickets(repository)) await endSilentOf(repository, bot, schedule);
}

async function endSilent(repository: Repository, bot: Bot, run: QueuedRun): Promise<void> {
  const checks = await ownChecks(repository, run.payload.headSha, runCheckName(run.environment));
  const ours = checks.filter(({ externalId }) => externalId.startsWith(`${run.payload.ticketId}-`));
  if (isHeardOf(bot, ours, run.createdAt)) return;
  for (const check of ours.filter(({ completed }) => !completed)) if (!(await failSilent(repository, check))) return;
  auditSilent(repository, bot, run);
  await setDeploymentStatus(repository, run.id, "error", WHY);
}

/** Of a schedule only the run that began last can be open; the ticket itself goes on standing. */
async function endSilentOf(repository: Repository, bot: Bot, schedule: StandingTicket): Promise<void> {
  const { id, statuses } = schedule;
  const run = lastBegun(statuses);
  if (run === undefined) return;
  const check = await checkOfRun(repository, bot, schedule, run);
  const isOpen = check !== undefined && !check.completed;
  const isUnderWay = runUnderWay(statuses) === run;
  // Also by a check that has ended: its report may have come after the statuses were read.
  if ((!isOpen && !isUnderWay) || isHeardOf(bot, check === undefined ? [] : [check], dueAt(run) * 1000)) return;
  if (isOpen && !(await failSilent(repository, check))) return;
  auditSilent(repository, bot, schedule);
  if (isUnderWay)
    await setDeploymentStatus(repository, id, isLive(statuses) ? "in_progress" : "inactive", endedSentence(run, WHY));
}

/** None of a ticket that cannot be opened, as when its key was replaced: what it ran is then ended by its statuses alone. */
async function checkOfRun(
  repository: Repository,
  bot: Bot,
  { payload, environment }: StandingTicket,
  run: string,
): Promise<Check | undefined> {
  const [document] = (await bot.tickets.open(payload.ticket))?.documents ?? [];
  if (document === undefined) return undefined;
  const check = await newestOwnCheck(repository, payload.headSha, scheduleCheckName(environment, document));
  return check?.externalId === run ? check : undefined;
}

function isHeardOf(bot: Bot, checks: readonly Check[], sinceMs: number): boolean {
  const last = Math.max(sinceMs, ...checks.map(({ text }) => readProgressMark(text)?.publishedAt ?? 0));
  return bot.clock.now() - last < SILENT_RUN_MS;
}

/**
 * Fails a check as it was seen; false where a report has come since, whose end nothing would ever put right again. A report that still
 * comes is published all the same: the mark in the check's text stays as it is.
 */
async function failSilent(repository: Repository, check: Check): Promise<boolean> {
  const now = await readCheck(repository, check.id);
  if (now.completed || now.text !== check.text) return false;
  const summary =
    "Nothing was heard of this run for 15 minutes. Leases end faults by themselves on every node; look at the ChaosRun in the cluster for what became of it.";
  await putCheck(repository, { ...check, state: "failure", title: "No report from the runner", summary }, check);
  return true;
}

function auditSilent(repository: Repository, bot: Bot, { environment, payload }: QueuedRun): void {
  const { pullRequest, ticketId: ticket } = payload;
  audit(bot, repository, { on: "ticket", pullRequest, ticket, environment, allowed: false, why: WHY });
}
