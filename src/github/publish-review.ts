import type { Problem } from "../manifest/problem.ts";
import type { Audience } from "../review/audience.ts";
import { type ReviewAnnotation, renderReviewCheck } from "../review/check.ts";
import { renderComment } from "../review/comment.ts";
import type { Review } from "../review/review.ts";
import { approversOf } from "./approvals.ts";
import type { Bot } from "./bot.ts";
import { type Check, type CheckDraft, GATE, ownChecks, putCheck, REVIEW, runCheckName } from "./checks.ts";
import { findComment, putComment, REVIEW_MARKER } from "./comments.ts";
import { decideGate } from "./gate.ts";
import type { Reviewed } from "./gather-review.ts";
import { readProgressMark, writeReviewMark } from "./marks.ts";
import { publishSuggestions } from "./publish-suggestions.ts";
import type { PullRequest } from "./pull-request.ts";
import { reviewMarkOf } from "./pushers.ts";
import type { Repository } from "./repository.ts";
import { SETTINGS_PATH } from "./settings-file.ts";
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
  await publishGate(repository, pr, reviewed, checks);
  await putReviewComment(repository, pr, reviewed.review);
  await publishSuggestions(repository, bot, pr, reviewed);
}

/** Makes sure that the required check reports from the first second, whatever happens afterwards. */
export async function openGate(repository: Repository, headSha: string): Promise<void> {
  const [known] = await ownChecks(repository, headSha, GATE);
  if (known !== undefined) return;
  const summary = "The changed files are being read.";
  await putCheck(repository, { name: GATE, headSha, state: "in_progress", title: "Reviewing", summary });
}

/** Decides the gate anew from what stands at the head now. */
export async function publishGate(
  repository: Repository,
  pr: PullRequest,
  { review, complete, settings, settingsProblems }: Reviewed,
  checks: readonly Check[],
): Promise<void> {
  const approvers = await approversOf(repository, pr, review, settings, checks);
  const runs = conclusionsOfRuns(checks, review);
  const gate = decideGate({
    review,
    complete,
    settings,
    runs,
    settingsProblems: settingsProblems.length,
    approvals: approvers.length,
  });
  const { conclusion: state, title, summary } = gate;
  const known = checks.find(({ name }) => name === GATE);
  await putCheck(repository, { name: GATE, headSha: pr.headSha, state, title, summary }, known);
}

/** A failure of ours is never green: the gate says so and names the delivery to look for in the log. */
export async function failGate(repository: Repository, headSha: string, summary: string): Promise<void> {
  const [known] = await ownChecks(repository, headSha, GATE);
  await putCheck(repository, { name: GATE, headSha, state: "failure", title: "Could not be reviewed", summary }, known);
}

function conclusionsOfRuns(checks: readonly Check[], { environment, plan }: Review): readonly string[] {
  return checks
    .filter(({ name, text }) => name === runCheckName(environment) && readProgressMark(text)?.plan === plan)
    .flatMap(({ conclusion }) => conclusion ?? []);
}

type Seen = { readonly pusher: string | undefined; readonly nowMs: number };

/** The time of a plan's first review at this head stays when it is reviewed again: it decides who could have read it. */
async function putReviewCheck(
  repository: Repository,
  pr: PullRequest,
  { review, settingsProblems }: Reviewed,
  checks: readonly Check[],
  seen: Seen,
): Promise<void> {
  const known = checks.find(({ name }) => name === REVIEW);
  const before = reviewMarkOf(checks);
  const pusher = seen.pusher ?? before?.pusher;
  const plan = review.plan ?? "none";
  const mark = writeReviewMark({
    plan,
    environment: review.environment,
    reviewedAt: before?.plan === plan ? before.reviewedAt : seen.nowMs,
    ...(pusher !== undefined && { pusher }),
  });
  const { conclusion, title, summary, text, annotations } = renderReviewCheck(review, {
    audience: audienceOf(repository, pr),
  });
  const draft: CheckDraft = {
    name: REVIEW,
    headSha: pr.headSha,
    externalId: mark,
    title,
    summary,
    state: settingsProblems.length > 0 ? "failure" : conclusion,
    text: withShown(review, text),
    annotations: [...annotations, ...settingsProblems.map(settingsAnnotation)],
  };
  await putCheck(repository, draft, known);
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
function audienceOf(repository: Repository, pr: PullRequest): Audience {
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
