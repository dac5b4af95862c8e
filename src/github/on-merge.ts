import type { Experiment } from "../manifest/experiment.ts";
import { code } from "../review/escape.ts";
import type { ReviewedExperiment } from "../review/review.ts";
import type { TicketClaims } from "../ticket/claims.ts";
import { audit } from "./audit.ts";
import type { Bot } from "./bot.ts";
import { type Check, ownChecks } from "./checks.ts";
import { type RunFacts, refuseRun, refuseSchedule } from "./commands/may-run.ts";
import { quoted, type Refusal } from "./commands/refusal.ts";
import { gatherRunFacts } from "./commands/run-facts.ts";
import { putComment } from "./comments.ts";
import type { PullRequestDelivery } from "./delivery.ts";
import { chooseEnvironment, type NamedEnvironment, reviewedEnvironment } from "./environment.ts";
import { gatherReview, type Reviewed } from "./gather-review.ts";
import { ticketClaims } from "./hand-off.ts";
import { NOBODY, standingOf } from "./people.ts";
import { type PullRequest, readPullRequest } from "./pull-request.ts";
import { reviewMarkOf } from "./pushers.ts";
import type { Repository } from "./repository.ts";
import { handOff } from "./runs.ts";
import { issueStanding } from "./schedules.ts";
import { readSettings } from "./settings-file.ts";
import { shownBy } from "./shown.ts";

/** Starts the comment that says why a merge ran nothing. */
export const MERGE_MARKER = "<!-- chaosgate:merge -->";

/**
 * A pull request was merged. An approved plan whose manifests are the merged ones is run, when the settings say so; its Schedules
 * only begin to stand, and run when their crons say so.
 */
export async function onMerge(delivery: PullRequestDelivery, repository: Repository, bot: Bot): Promise<void> {
  const [pr, settings] = await Promise.all([readPullRequest(repository, delivery.number), readSettings(repository)]);
  if (!pr.merged || pr.mergeSha === undefined || settings.execution !== "enabled") return;
  const environment = chooseEnvironment(settings, reviewedEnvironment(settings));
  const reviewed = await gatherReview(repository, bot, pr, { settings, ref: pr.mergeSha });
  if (environment === undefined || reviewed.review.outcome === "no-experiments") return;
  const { experiments } = reviewed.review;
  const schedules = experiments.filter(isSchedule);
  const runs = settings.runOnMerge && experiments.length > schedules.length;
  if (!runs && schedules.length === 0) return;
  const checks = await ownChecks(repository, pr.headSha);
  const facts = await mergeFacts(repository, bot, pr, reviewed, environment, checks);
  const merged: Merged = { repository, bot, pr, ref: pr.mergeSha, reviewed, environment, checks, facts };
  const refusals = [
    ...(runs ? [decided(merged, "merge", await runNow(merged))] : []),
    ...(schedules.length > 0 ? [decided(merged, "schedule", await letStand(merged, schedules))] : []),
  ];
  const refusal = refusals.find((one) => one !== undefined);
  if (refusal !== undefined) await explain(repository, pr, refusal);
}

type Merged = {
  readonly repository: Repository;
  readonly bot: Bot;
  readonly pr: PullRequest;
  readonly ref: string;
  readonly reviewed: Reviewed;
  readonly environment: NamedEnvironment;
  readonly checks: readonly Check[];
  readonly facts: RunFacts;
};

function isSchedule({ experiment }: ReviewedExperiment): boolean {
  return experiment.schedule !== undefined;
}

/** The refusal that enters leaves again, written down. */
function decided(merged: Merged, on: "merge" | "schedule", refusal: Refusal | undefined): Refusal | undefined {
  const { repository, bot, pr, environment, reviewed, facts } = merged;
  audit(bot, repository, {
    on,
    pullRequest: pr.number,
    by: pr.mergedBy,
    environment: environment.name,
    plan: reviewed.review.plan,
    approvers: facts.approvers.map(({ login }) => login),
    allowed: refusal === undefined,
    ...(refusal !== undefined && { rule: refusal.rule, why: refusal.why }),
  });
  return refusal;
}

async function runNow(merged: Merged): Promise<Refusal | undefined> {
  const { repository, bot, pr, ref, facts } = merged;
  const refusal = refuseRun(facts) ?? refuseUnapproved(facts);
  if (refusal !== undefined) return refusal;
  const claims = ticketClaims({
    ...askedBy(merged),
    commandNodeId: `merge:${pr.nodeId}`,
    only: (experiment) => !isSchedule(experiment),
  });
  await handOff(repository, bot, claims, ref);
  return undefined;
}

async function letStand(merged: Merged, schedules: readonly ReviewedExperiment[]): Promise<Refusal | undefined> {
  const { repository, bot, pr, ref, facts } = merged;
  const refusal = refuseSchedule(facts) ?? refuseUnapproved(facts);
  if (refusal !== undefined) return refusal;
  for (const schedule of schedules) {
    const { path, index, experiment } = schedule;
    const claims = ticketClaims({
      ...askedBy(merged),
      kind: "standing",
      commandNodeId: `schedule:${pr.nodeId}:${path}#${index}`,
      only: (one) => one === schedule,
    });
    await issueStanding(repository, bot, claims, ref, standsText(claims, experiment));
  }
  return undefined;
}

function askedBy({ repository, bot, pr, reviewed, environment, checks, facts }: Merged) {
  const { review, digests, seed, settings } = reviewed;
  return {
    repository,
    pr,
    settings,
    environment,
    review,
    digests,
    seed,
    manifest: undefined,
    requester: facts.by,
    approvers: facts.approvers,
    shown: shownBy(checks, review),
    nowMs: bot.clock.now(),
  };
}

function standsText({ environment, exp }: TicketClaims, { name, schedule }: Experiment): string {
  const until = new Date(exp * 1000).toISOString().slice(0, 10);
  return [
    `**The schedule ${code(name)} stands in ${code(environment)}:** ${code(schedule?.cron ?? "")}, until ${until}.`,
    "",
    "Nothing was run by merging it. Each run is reported here and as a check of this pull request, and never begins while the",
    "one before it goes on. It ends when the manifest, the limits or the objectives change on the default branch; the label",
    "`chaos:hold` keeps it from running, and `/chaos abort` ends a run that goes on.",
  ].join("\n");
}

/** The plan that was reviewed at the head must be the plan of what was merged: `--plan` in all but name. */
async function mergeFacts(
  repository: Repository,
  bot: Bot,
  pr: PullRequest,
  reviewed: Reviewed,
  environment: NamedEnvironment,
  checks: readonly Check[],
): Promise<RunFacts> {
  const { run } = environment.settings;
  const by = pr.mergedBy === undefined ? NOBODY : await standingOf(repository, pr.mergedBy, run.teams);
  return gatherRunFacts(repository, bot, pr, by, reviewed, checks, {
    environment: environment.name,
    manifest: undefined,
    plan: reviewMarkOf(checks)?.plan ?? "none",
    commentedAt: 0,
    pushers: [],
  });
}

function refuseUnapproved({ approvers, review }: RunFacts): Refusal | undefined {
  if (approvers.length > 0) return undefined;
  return {
    rule: "merge-needs-approval",
    why: `plan ${quoted(review.plan ?? "")} was merged without an approval`,
    next: "nothing runs by itself; open a pull request that touches the manifest and have its plan approved",
  };
}

async function explain(repository: Repository, pr: PullRequest, { rule, why, next }: Refusal): Promise<void> {
  const text = `**Merged, and not run.** Rule \`${rule}\`: ${why}. Next: ${next}.`;
  await putComment(repository, pr.number, MERGE_MARKER, text);
}
