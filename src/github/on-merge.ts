import { approversOf } from "./approvals.ts";
import type { Bot } from "./bot.ts";
import { ownChecks } from "./checks.ts";
import { type RunFacts, refuseRun } from "./commands/may-run.ts";
import { quoted, type Refusal } from "./commands/refusal.ts";
import { putComment } from "./comments.ts";
import type { PullRequestDelivery } from "./delivery.ts";
import { chooseEnvironment, type NamedEnvironment, reviewedEnvironment } from "./environment.ts";
import { gatherReview, type Reviewed } from "./gather-review.ts";
import { ticketClaims } from "./hand-off.ts";
import { type Standing, standingOf } from "./people.ts";
import { type PullRequest, readPullRequest } from "./pull-request.ts";
import { reviewMarkOf } from "./pushers.ts";
import type { Repository } from "./repository.ts";
import { handOff } from "./runs.ts";
import { readSettings } from "./settings-file.ts";
import { shownPredictions } from "./shown.ts";

/** GitHub forgets who merged when the account is gone. */
const NOBODY: Standing = { login: "ghost", role: "none", level: "none" };

const MERGE_MARKER = "<!-- chaosgate:merge -->";

/** A pull request was merged: an approved plan whose manifests are the merged ones is run, when the settings say so. */
export async function onMerge(delivery: PullRequestDelivery, repository: Repository, bot: Bot): Promise<void> {
  const [pr, settings] = await Promise.all([readPullRequest(repository, delivery.number), readSettings(repository)]);
  if (!pr.merged || pr.mergeSha === undefined || !settings.runOnMerge || settings.execution !== "enabled") return;
  const environment = chooseEnvironment(settings, reviewedEnvironment(settings));
  const reviewed = await gatherReview(repository, bot, pr, { settings, ref: pr.mergeSha });
  if (environment === undefined || reviewed.review.outcome === "no-experiments") return;
  const checks = await ownChecks(repository, pr.headSha);
  const facts = await mergeFacts(repository, pr, reviewed, environment, checks, bot.clock.now());
  const refusal = refuseRun(facts) ?? refuseUnapproved(facts);
  if (refusal !== undefined) return explain(repository, pr, refusal);
  const { review, digests, seed } = reviewed;
  const claims = ticketClaims({
    repository,
    pr,
    settings,
    environment,
    review,
    digests,
    seed,
    manifest: undefined,
    commandNodeId: `merge:${pr.nodeId}`,
    requester: facts.by,
    approvers: facts.approvers,
    predictions: shownPredictions(checks, review),
    nowMs: bot.clock.now(),
  });
  await handOff(repository, bot, claims, pr.mergeSha);
}

/** The plan that was reviewed at the head must be the plan of what was merged: `--plan` in all but name. */
async function mergeFacts(
  repository: Repository,
  pr: PullRequest,
  { review, settings }: Reviewed,
  environment: NamedEnvironment,
  checks: Awaited<ReturnType<typeof ownChecks>>,
  nowMs: number,
): Promise<RunFacts> {
  const recorded = reviewMarkOf(checks);
  return {
    settings,
    pr,
    environment,
    review,
    recorded,
    asked: environment.name,
    by: pr.mergedBy === undefined ? NOBODY : await standingOf(repository, pr.mergedBy),
    defaultBranch: repository.defaultBranch,
    manifest: undefined,
    plan: recorded?.plan ?? "none",
    commentedAt: 0,
    pushers: [],
    approvers: await approversOf(repository, pr, review, settings, checks),
    nowMs,
  };
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
