import type { Audience } from "../../review/audience.ts";
import { renderRunCheck, renderRunComment } from "../../review/run-report.ts";
import type { Order, RunReport } from "../../run/report.ts";
import { auditTaken } from "../audit.ts";
import type { Bot } from "../bot.ts";
import { type Check, newestOwnCheck, putCheck, scheduleCheckName } from "../checks.ts";
import { putComment, runMarker } from "../comments.ts";
import { ABORT_ACTION } from "../delivery.ts";
import { setDeploymentStatus } from "../deployments.ts";
import { documentMark, type ProgressMark, readProgressMark, readStopMark, writeProgressMark } from "../marks.ts";
import type { Repository } from "../repository.ts";
import { beganSentence, dueAt, endedSentence, runUnderWay, saidSince } from "../scheduled-runs.ts";
import { findSchedule, isLive, type StandingTicket } from "../schedules.ts";
import { readSettings } from "../settings-file.ts";
import { decidePublication } from "./publication.ts";

const ABORT_BUTTON = { label: "Abort now", description: "Stop and roll back at once", identifier: ABORT_ACTION };

/**
 * Publishes the report of a scheduled run on the pull request that its schedule was merged with: one check for each run, and one
 * comment for all of them that says what the last one found. Undefined where no such schedule was ever issued.
 */
export async function acceptScheduled(
  repository: Repository,
  bot: Bot,
  report: RunReport,
): Promise<readonly Order[] | undefined> {
  const schedule = await findSchedule(repository, report.environment, report.ticketId);
  const claims = schedule && (await bot.tickets.open(schedule.payload.ticket));
  if (schedule === undefined || claims?.kind !== "standing" || claims.jti !== report.ticketId) return undefined;
  if (claims.plan !== report.plan || claims.head_sha !== report.headSha) return undefined;
  if (claims.pull_request !== report.pullRequest) return undefined;
  const name = scheduleCheckName(report.environment, report.manifest);
  const newest = await newestOwnCheck(repository, report.headSha, name);
  const known = newest?.externalId === report.runId ? newest : undefined;
  // A report that was late: another run has begun since, and this one's end is in its cluster.
  if (known === undefined && newest !== undefined && dueAt(newest.externalId) > dueAt(report.runId)) return [];
  const before = (known && readProgressMark(known.text)) ?? begun(schedule, report);
  const publishedAt = bot.clock.now();
  if (decidePublication(before, report, publishedAt) === "publish") {
    await begin(repository, bot, report, schedule, known);
    await publish(repository, report, name, { ...before, ...progressOf(report), publishedAt }, schedule, known);
  }
  return report.phase === "finished" ? [] : ordersFor(repository, report, schedule);
}

/** Says once that a run has begun, and again of one that was given up: what goes on is counted and stopped by that. */
async function begin(
  repository: Repository,
  bot: Bot,
  report: RunReport,
  schedule: StandingTicket,
  known: Check | undefined,
): Promise<void> {
  const isUnderWay = runUnderWay(schedule.statuses) === report.runId;
  if (known === undefined && !isUnderWay) auditTaken(bot, repository, report);
  if (report.phase !== "finished" && !isUnderWay) await say(repository, schedule, beganSentence(report.runId));
}

/** A status more; of a revoked ticket one that is `inactive` as well, so that GitHub's page does not show it as active. */
async function say(repository: Repository, { id, statuses }: StandingTicket, text: string): Promise<void> {
  await setDeploymentStatus(repository, id, isLive(statuses) ? "in_progress" : "inactive", text);
}

function begun({ id }: StandingTicket, { plan, manifest }: RunReport): ProgressMark {
  return { deployment: id, plan, document: documentMark(manifest), sequence: -1, phase: "queued", publishedAt: 0 };
}

function progressOf({ sequence, phase }: RunReport): Pick<ProgressMark, "sequence" | "phase"> {
  return { sequence, phase };
}

/** The check carries the mark and comes last: when anything before it failed, the report is published again. */
async function publish(
  repository: Repository,
  report: RunReport,
  name: string,
  mark: ProgressMark,
  schedule: StandingTicket,
  known: Check | undefined,
): Promise<void> {
  const audience: Audience = repository.isPublic ? "public" : "members";
  const finished = report.phase === "finished";
  if (finished) {
    await putComment(
      repository,
      report.pullRequest,
      runMarker(report.ticketId),
      renderRunComment(report, { audience }),
    );
    await say(repository, schedule, endedSentence(report.runId, report.verdict ?? "finished"));
  }
  const { conclusion, title, summary, text } = renderRunCheck(report, { audience });
  const draft = {
    name,
    headSha: report.headSha,
    externalId: report.runId,
    state: conclusion ?? "in_progress",
    title,
    summary,
    text: `${writeProgressMark(mark)}\n${text}`,
    buttons: finished ? [] : [ABORT_BUTTON],
  } as const;
  await putCheck(repository, draft, known);
}

/** Only what was said since this run began is meant for it. */
async function ordersFor(
  repository: Repository,
  { runId }: RunReport,
  { statuses }: StandingTicket,
): Promise<readonly Order[]> {
  const abort = (by: string, reason: string): Order => ({ kind: "abort", runId, by, reason });
  const marks = saidSince(statuses, runId).flatMap(({ description }) => readStopMark(description) ?? []);
  const meant = marks.filter((mark) => mark.runId === "*" || mark.runId === runId);
  const orders = meant.map(({ kind, by }) => ({ ...abort(by, `${kind} by ${by} on the pull request`), kind }));
  const { execution } = await readSettings(repository);
  return [
    ...orders,
    ...(isLive(statuses) ? [] : [abort("chaosgate", "its schedule was revoked")]),
    ...(execution === "enabled" ? [] : [abort("settings", "execution is disabled in the settings")]),
  ];
}
