import type { Problem } from "../manifest/problem.ts";
import type { Audience } from "../review/audience.ts";
import { type ReviewAnnotation, renderReviewCheck } from "../review/check.ts";
import { renderComment } from "../review/comment.ts";
import type { Review } from "../review/review.ts";
import { audit } from "./audit.ts";
import type { Bot } from "./bot.ts";
import { type Check, type CheckDraft, GATE, ownChecks, putCheck, REVIEW } from "./checks.ts";
import { findComment, putComment, REVIEW_MARKER } from "./comments.ts";
import { SETTINGS_PATH } from "./delivery.ts";
import type { Reviewed } from "./gather-review.ts";
import { labelBlast } from "./labels.ts";
import { writeReviewMark } from "./marks.ts";
import { publishGate } from "./publish-gate.ts";
import { publishSuggestions } from "./publish-suggestions.ts";
import type { PullRequest } from "./pull-request.ts";
import { recordedPusher, reviewMarkOf } from "./pushers.ts";
import type { Repository } from "./repository.ts";
import { settingsDigest } from "./settings-file.ts";
import { withShown } from "./shown.ts";

/** Publishes a review: its check with annotations, the gate, the one comment, and the fixes as suggestions. */
export async function publishReview(
  repository: Repository,
  bot: Bot,
  pr: PullRequest,
  reviewed: Reviewed,
  pusher?: string,
): Promise<void> {
  const checks = await ownChecks(repository, pr.headSha);
  await putReviewCheck(repository, pr, reviewed, checks, { pusher, nowMs: bot.clock.now() });
  await publishGate(repository, bot, pr, reviewed, checks);
  await putReviewComment(repository, pr, reviewed.review);
  await publishSuggestions(repository, bot, pr, reviewed);
  await labelBlast(repository, bot, pr, reviewed.review);
}

/**
 * Makes sure that the required check reports from the first second, whatever happens afterwards. A gate that stands at the commit
 * already says nothing of a pull request that is new or has another base: it is closed until that was looked at.
 */
export async function openGate(repository: Repository, headSha: string, isNew = false): Promise<void> {
  const [known] = await ownChecks(repository, headSha, GATE);
  if (known !== undefined && !(isNew && known.completed)) return;
  const summary = "The changed files are being read.";
  await putCheck(repository, { name: GATE, headSha, state: "in_progress", title: "Reviewing", summary }, known);
}

/** The title of a gate that failed because of us; the reconciler tries those again. */
export const COULD_NOT = "Could not be reviewed";

/** A head on which a failure is shown; a check belongs to its commit, so not every delivery says of which pull request. */
export type Failed = { readonly headSha: string; readonly pullRequest?: number };

/** A failure of ours is never green: the gate says so and names the delivery to look for in the log. */
export async function failGate(
  repository: Repository,
  bot: Bot,
  { headSha: head, pullRequest }: Failed,
  summary: string,
): Promise<void> {
  const [known] = await ownChecks(repository, head, GATE);
  if (known?.title !== COULD_NOT)
    audit(bot, repository, {
      on: "gate",
      ...(pullRequest !== undefined && { pullRequest }),
      allowed: false,
      head,
      why: COULD_NOT,
    });
  await putCheck(repository, { name: GATE, headSha: head, state: "failure", title: COULD_NOT, summary }, known);
}

type Seen = { readonly pusher: string | undefined; readonly nowMs: number };

/** The time of a plan's first review at this head stays when it is reviewed again: it decides who could have read it. */
async function putReviewCheck(
  repository: Repository,
  pr: PullRequest,
  { review, settings, settingsProblems }: Reviewed,
  checks: readonly Check[],
  seen: Seen,
): Promise<void> {
  const known = checks.find(({ name }) => name === REVIEW);
  const before = reviewMarkOf(checks);
  const pusher = seen.pusher ?? before?.pusher ?? (await recordedPusher(repository, pr));
  const plan = review.plan ?? "none";
  const mark = writeReviewMark({
    plan,
    environment: review.environment,
    reviewedAt: before?.plan === plan ? before.reviewedAt : seen.nowMs,
    ...(pusher !== undefined && { pusher }),
    settings: settingsDigest(settings),
  });
  const { conclusion, title, summary, text, annotations } = renderReviewCheck(review, {
    audience: audienceOf(repository, pr),
  });
  const all = [...settingsProblems.map(settingsAnnotation), ...annotations];
  const draft: CheckDraft = {
    name: REVIEW,
    headSha: pr.headSha,
    externalId: mark,
    title,
    summary: withRest(summary, all.length),
    state: settingsProblems.length > 0 ? "failure" : conclusion,
    text: withShown(review, text),
    annotations: all.slice(0, MOST_ANNOTATIONS),
  };
  await putCheck(repository, draft, known);
}

/** Fifty go in one request: a file that is wrong in every line would otherwise use up the hour of a whole installation. */
const MOST_ANNOTATIONS = 500;

function withRest(summary: string, count: number): string {
  if (count <= MOST_ANNOTATIONS) return summary;
  return `${summary}\n\nThe first ${MOST_ANNOTATIONS} of ${count} are shown at their lines.`;
}

function settingsAnnotation({ place, code, message, fix }: Problem): ReviewAnnotation {
  return {
    path: SETTINGS_PATH,
    start_line: place.line,
    end_line: place.endLine ?? place.line,
    annotation_level: "failure",
    title: code,
    message: `${message}. ${fix}`,
  };
}

/** Pods are named only where every reader is a member. */
export function audienceOf(repository: Repository, pr: PullRequest): Audience {
  return pr.fromFork || repository.isPublic ? "public" : "members";
}

/** A pull request that neither has nor removes experiments gets no comment, unless it had one that would now be wrong. */
async function putReviewComment(repository: Repository, pr: PullRequest, review: Review): Promise<void> {
  const nothing = review.outcome === "no-experiments" && (review.changes ?? []).length === 0;
  if (nothing && (await findComment(repository, pr.number, REVIEW_MARKER)) === undefined) return;
  await putComment(
    repository,
    pr.number,
    REVIEW_MARKER,
    renderComment(review, { audience: audienceOf(repository, pr) }),
  );
}
