// Looks at GitHub for what no delivery told: pull requests without a gate or with one that is stuck, commands without an answer,
// merges that did not run, tickets and runs that nobody reports on. Deliveries leave, to be worked on like those that arrived;
// runs are ended here. Nothing is remembered between two looks, and a look that finds nothing writes nothing.

import { runId } from "../ticket/id.ts";
import { endAbandoned } from "./abandoned.ts";
import type { Bot } from "./bot.ts";
import { type Check, GATE, ownChecks, REVIEW, runCheckName } from "./checks.ts";
import { parseCommand } from "./commands/grammar.ts";
import { findComment, replyMarker } from "./comments.ts";
import { updateDashboard } from "./dashboard.ts";
import type { CommentDelivery, Delivery, DeliveryRepository, PullRequestDelivery } from "./delivery.ts";
import { deploymentStatuses } from "./deployments.ts";
import { TICKET_LIFETIME_SECONDS } from "./hand-off.ts";
import { readGateMark, readReviewMark } from "./marks.ts";
import { MERGE_MARKER } from "./on-merge.ts";
import { COULD_NOT } from "./publish-review.ts";
import { openRepository, type Repository, where } from "./repository.ts";
import { type QueuedRun, queuedRuns } from "./runs.ts";
import { standingDeployments } from "./schedules.ts";
import { currentSettingsDigest, UNUSABLE_SETTINGS } from "./settings-file.ts";

/** What is younger may still be on its way or under work. */
const SETTLED_MS = 60_000;
/** A command that nobody answered for an hour is not obeyed out of the blue. */
const COMMANDS_MS = 3_600_000;
const MOST_PULL_REQUESTS = 100;

/** Looks at every repository of every installation once, and gives what has to be worked on to `take`. */
export async function reconcile(bot: Bot, take: (delivery: Delivery) => void | Promise<void>): Promise<void> {
  const app = await bot.clientOf();
  for (const { id, suspended_at } of await app.paginate(app.rest.apps.listInstallations, { per_page: 100 })) {
    if (suspended_at) continue;
    await ofInstallation(bot, id, take).catch((error: unknown) => {
      bot.log.warn({ err: error, installation: id }, "an installation could not be reconciled");
    });
  }
}

async function ofInstallation(bot: Bot, installationId: number, take: (delivery: Delivery) => void | Promise<void>) {
  const octokit = await bot.clientOf(installationId);
  const repositories = await octokit.paginate(octokit.rest.apps.listReposAccessibleToInstallation, { per_page: 100 });
  for (const { owner, name, archived, disabled } of repositories) {
    if (archived || disabled) continue;
    const ref = { owner: owner.login, name, installationId };
    try {
      const repository = await openRepository(octokit, bot.self, ref);
      for (const delivery of await missedIn(repository, bot)) await take(delivery);
      await endAbandoned(repository, bot);
      await updateDashboard(repository, bot);
    } catch (error) {
      bot.log.warn({ err: error, repository: `${owner.login}/${name}` }, "a repository could not be reconciled");
    }
  }
}

/** What should have been worked on in one repository and was not. */
export async function missedIn(repository: Repository, bot: Bot): Promise<readonly Delivery[]> {
  const nowMs = bot.clock.now();
  const { owner, name, installationId } = repository;
  const common = { id: "reconciler", repository: { owner, name, installationId } };
  return [...(await missedPulls(repository, bot, common, nowMs)), ...(await missedCommands(repository, common, nowMs))];
}

type Common = { readonly id: string; readonly repository: DeliveryRepository };

async function missedPulls(
  repository: Repository,
  bot: Bot,
  common: Common,
  nowMs: number,
): Promise<readonly Delivery[]> {
  const { data } = await repository.octokit.rest.pulls.list({
    ...where(repository),
    state: "all",
    sort: "updated",
    direction: "desc",
    per_page: MOST_PULL_REQUESTS,
  });
  const settings = await currentSettingsDigest(repository);
  const missed: PullRequestDelivery[] = [];
  for (const { number, state, head, updated_at, merged_at } of data) {
    const ageMs = nowMs - Date.parse(updated_at);
    const draft = { ...common, kind: "pull-request", number, headSha: head.sha, sender: "" } as const;
    const mergedAt = merged_at === null ? Number.NEGATIVE_INFINITY : Date.parse(merged_at);
    if (nowMs - mergedAt < TICKET_LIFETIME_SECONDS * 1000 && ageMs > SETTLED_MS)
      if (!(await wasDecided(repository, bot, number, mergedAt))) missed.push({ ...draft, action: "merged" });
    if (state !== "open" || ageMs <= SETTLED_MS) continue;
    const checks = await ownChecks(repository, head.sha);
    if (needsReview(checks, ageMs, settings)) missed.push({ ...draft, action: "looked" });
  }
  return missed;
}

/** A merge is decided once: what was refused then runs no later because a lock has ended, and what was revoked does not stand again. */
async function wasDecided(repository: Repository, bot: Bot, number: number, mergedAt: number): Promise<boolean> {
  if (await findComment(repository, number, MERGE_MARKER)) return true;
  const isOfIt = ({ payload, createdAt }: QueuedRun) => payload.pullRequest === number && createdAt >= mergedAt;
  const runs = (await queuedRuns(repository)).filter(isOfIt);
  const standing = (await standingDeployments(repository)).filter(isOfIt);
  for (const run of runs) if (!(await isAnnounced(repository, bot, run))) return false;
  for (const { id } of standing) if ((await deploymentStatuses(repository, id)).length === 0) return false;
  return runs.length + standing.length > 0;
}

/** Whether a hand-over came to its end: a run without its check is one that nobody would be told of. */
async function isAnnounced(repository: Repository, bot: Bot, { environment, payload }: QueuedRun): Promise<boolean> {
  const ticket = await bot.tickets.open(payload.ticket);
  const checks = await ownChecks(repository, payload.headSha, runCheckName(environment));
  const names = new Set(checks.map(({ externalId }) => externalId));
  return (ticket?.documents ?? []).every((_, n) => names.has(runId(payload.ticketId, n)));
}

/**
 * No gate, one that never concluded, one that failed because of us, a gate or a review of other settings, or a gate that lets pass and
 * that a lost event may have outdated.
 */
export function needsReview(checks: readonly Check[], sinceChangeMs: number, settings: string): boolean {
  const gate = checks.find(({ name }) => name === GATE);
  const review = checks.find(({ name }) => name === REVIEW);
  // Under settings that cannot be used every review fails: that was said, and changes with the settings alone.
  if (settings === UNUSABLE_SETTINGS && gate?.title === COULD_NOT) return false;
  if (gate === undefined || !gate.completed || gate.title === COULD_NOT) return true;
  if (readGateMark(gate.externalId) !== settings) return true;
  if (review === undefined && gate.conclusion !== "skipped") return true;
  // A review by a person, an approval or a run's end decides the gate alone: what was reviewed before may be of other settings still.
  if (review !== undefined && readReviewMark(review.externalId)?.settings !== settings) return true;
  return (gate.conclusion === "success" || gate.conclusion === "skipped") && sinceChangeMs < COMMANDS_MS;
}

async function missedCommands(repository: Repository, common: Common, nowMs: number): Promise<readonly Delivery[]> {
  const { octokit } = repository;
  const comments = await octokit.paginate(octokit.rest.issues.listCommentsForRepo, {
    ...where(repository),
    since: new Date(nowMs - COMMANDS_MS).toISOString(),
    sort: "created",
    direction: "asc",
    per_page: 100,
  });
  const missed: CommentDelivery[] = [];
  for (const comment of comments) {
    const createdAt = Date.parse(comment.created_at);
    const number = Number(/\/(\d{1,10})$/.exec(comment.issue_url)?.[1]);
    const body = comment.body ?? "";
    // An edited comment commands nothing, also when its first text was never delivered.
    if (comment.created_at !== comment.updated_at || !(number > 0)) continue;
    if (nowMs - createdAt < SETTLED_MS || nowMs - createdAt > COMMANDS_MS) continue;
    if (comment.user?.type !== "User" || parseCommand(body).kind !== "command") continue;
    if (await findComment(repository, number, replyMarker(comment.id))) continue;
    const { login, type } = comment.user;
    const heard = { id: comment.id, nodeId: comment.node_id, body, createdAt, author: login, authorType: type };
    missed.push({ ...common, kind: "comment", number, comment: heard, sender: login });
  }
  return missed;
}
