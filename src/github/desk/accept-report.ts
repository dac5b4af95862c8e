import type { Audience } from "../../review/audience.ts";
import { renderRunCheck, renderRunComment } from "../../review/run-report.ts";
import type { Order, RunReport } from "../../run/report.ts";
import { auditTaken } from "../audit.ts";
import type { Bot } from "../bot.ts";
import { type Check, ownChecks, putCheck, runCheckName } from "../checks.ts";
import { foldOlderRuns, putComment, runMarker } from "../comments.ts";
import { updateDashboard } from "../dashboard.ts";
import { ABORT_ACTION } from "../delivery.ts";
import { deploymentStatuses, isWaiting, setDeploymentStatus } from "../deployments.ts";
import { gatherReview } from "../gather-review.ts";
import { labelRunning } from "../labels.ts";
import { type ProgressMark, readProgressMark, readStopMark, writeProgressMark } from "../marks.ts";
import { publishGate } from "../publish-gate.ts";
import { readPullRequest } from "../pull-request.ts";
import type { Repository } from "../repository.ts";
import { readSettings } from "../settings-file.ts";
import { acceptScheduled } from "./accept-scheduled.ts";
import { decidePublication } from "./publication.ts";

/** Phases that last, or end it: the others pass within seconds and are told by the check alone. GitHub counts writes by the minute. */
const COMMENTED: ReadonlySet<RunReport["phase"]> = new Set(["requested", "baseline", "watching", "finished"]);

const ABORT_BUTTON = { label: "Abort now", description: "Stop and roll back at once", identifier: ABORT_ACTION };

/** Publishes a run's report where it is news, and answers with what the runner is to do. */
export async function acceptReport(
  repository: Repository,
  bot: Bot,
  report: RunReport,
): Promise<{ readonly orders: readonly Order[] }> {
  const checks = await ownChecks(repository, report.headSha, runCheckName(report.environment));
  const check = checks.find(({ externalId }) => externalId === report.runId);
  const before = check === undefined ? undefined : readProgressMark(check.text);
  // Only the bot makes these checks, when it hands a ticket over: a run without one is of a schedule, or was never asked for.
  if (check === undefined) return { orders: (await acceptScheduled(repository, bot, report)) ?? [notAsked(report)] };
  if (before === undefined || before.plan !== report.plan) return { orders: [notAsked(report)] };
  const now = bot.clock.now();
  if (decidePublication(before, report, now) === "publish") {
    const { sequence, phase } = report;
    if (before.phase === "queued") auditTaken(bot, repository, report);
    await publish(repository, report, check, { ...before, sequence, phase, publishedAt: now });
    if (phase !== before.phase) await showChange(repository, bot, report, before.phase);
  }
  if (report.phase !== "finished") return { orders: await ordersFor(repository, report, before.deployment) };
  // Also for a last report that comes again: it does when deciding the gate failed the first time.
  await decideGateAgain(repository, bot, report);
  return { orders: [] };
}

/** What shows that something runs, where it has begun or ended: decoration, and told after the report itself. */
async function showChange(repository: Repository, bot: Bot, report: RunReport, before: string): Promise<void> {
  const { phase, pullRequest } = report;
  if (before === "queued") await labelRunning(repository, bot, pullRequest, true);
  if (phase === "finished" && !(await anotherRuns(repository, report)))
    await labelRunning(repository, bot, pullRequest, false);
  if (before === "queued" || phase === "finished") await updateDashboard(repository, bot);
}

async function anotherRuns(repository: Repository, { headSha, environment, runId }: RunReport): Promise<boolean> {
  const checks = await ownChecks(repository, headSha, runCheckName(environment));
  return checks.some(({ completed, externalId, text }) => {
    return !completed && externalId !== runId && readProgressMark(text)?.phase !== "queued";
  });
}

function notAsked({ runId }: RunReport): Order {
  return { kind: "abort", runId, by: "chaosgate", reason: "no such run was handed over" };
}

async function publish(repository: Repository, report: RunReport, check: Check, progress: ProgressMark): Promise<void> {
  const { conclusion, title, summary, text } = renderRunCheck(report, { audience: audienceOf(repository) });
  await setProgress(repository, report, progress.deployment);
  if (COMMENTED.has(report.phase)) await comment(repository, report);
  // The check carries the mark and comes last: when anything before it failed, the report is published again.
  await putCheck(
    repository,
    {
      name: check.name,
      headSha: check.headSha,
      state: conclusion ?? "in_progress",
      title,
      summary,
      text: `${writeProgressMark(progress)}\n${text}`,
      buttons: report.phase === "finished" ? [] : [ABORT_BUTTON],
    },
    check,
  );
}

/** One comment per run, edited through its phases; it folds those of earlier runs away when it begins. */
async function comment(repository: Repository, report: RunReport): Promise<void> {
  const { pullRequest, runId, headSha } = report;
  const pr = await readPullRequest(repository, pullRequest);
  const stamp = pr.open && pr.headSha !== headSha ? `> Of an older commit, \`${headSha.slice(0, 12)}\`.\n\n` : "";
  await putComment(
    repository,
    pullRequest,
    runMarker(runId),
    `${stamp}${renderRunComment(report, { audience: audienceOf(repository) })}`,
  );
  if (report.phase === "requested") await foldOlderRuns(repository, pullRequest, runId);
}

/** The deployment leaves the queue with the first report of any of its runs, and ends with the last. */
async function setProgress(repository: Repository, report: RunReport, deployment: number): Promise<void> {
  const [newest] = await deploymentStatuses(repository, deployment);
  if (isWaiting(newest)) {
    await setDeploymentStatus(repository, deployment, "in_progress", `${report.runner} has accepted the ticket`);
  }
  if (report.phase !== "finished") return;
  const checks = await ownChecks(repository, report.headSha, runCheckName(report.environment));
  const others = checks.filter(({ externalId }) => {
    return externalId !== report.runId && externalId.startsWith(`${report.ticketId}-`);
  });
  if (others.some(({ completed }) => !completed)) return;
  const good = report.verdict === "resilient" && others.every(({ conclusion }) => conclusion === "success");
  await setDeploymentStatus(repository, deployment, good ? "success" : "failure", `${report.runId}: ${report.verdict}`);
}

async function decideGateAgain(repository: Repository, bot: Bot, report: RunReport): Promise<void> {
  const pr = await readPullRequest(repository, report.pullRequest);
  if (!pr.open || pr.headSha !== report.headSha) return;
  const { environment } = report;
  const reviewed = await gatherReview(repository, bot, pr, { settings: await readSettings(repository), environment });
  await publishGate(repository, bot, pr, reviewed, await ownChecks(repository, pr.headSha));
}

/** Stop marks stand as deployment statuses, which are only ever added: no order is lost between two writers. */
async function ordersFor(repository: Repository, report: RunReport, deployment: number): Promise<readonly Order[]> {
  const { runId } = report;
  const statuses = await deploymentStatuses(repository, deployment);
  const marks = statuses.flatMap(({ description }) => readStopMark(description) ?? []);
  const orders: Order[] = marks
    .filter((mark) => mark.runId === "*" || mark.runId === runId)
    .map(({ kind, by }) => ({ kind, runId, by, reason: `${kind} by ${by} on the pull request` }));
  const { execution } = await readSettings(repository);
  if (execution === "enabled") return orders;
  return [...orders, { kind: "abort", runId, by: "settings", reason: "execution is disabled in the settings" }];
}

/** In a public repository everybody reads along. */
function audienceOf({ isPublic }: Repository): Audience {
  return isPublic ? "public" : "members";
}
