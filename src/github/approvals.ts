// Whose approval of a plan counts at this moment. An approval is a check run of this app (made by the command) or a person's
// approving review of the very commit; never a comment. Both end with a push, with the role, and with a request for changes.

import type { Review } from "../review/review.ts";
import type { Settings } from "../settings.ts";
import { approvalCheckName, type Check, putCheck } from "./checks.ts";
import { type ApprovalMark, type ReviewMark, readApprovalMark, writeApprovalMark } from "./marks.ts";
import { holds, isSame, type Standing, standingOf } from "./people.ts";
import type { PullRequest } from "./pull-request.ts";
import { reviewMarkOf } from "./pushers.ts";
import type { Repository } from "./repository.ts";
import { type Decision, decisionsOf } from "./review-decisions.ts";

/** More people than this are not asked about; no settings need so many. */
const MOST_APPROVERS = 10;

type Plan = Pick<Review, "plan" | "environment">;

/** Everybody whose approval of this plan at this head counts: asked of GitHub anew each time, roles and teams included. */
export async function approversOf(
  repository: Repository,
  pr: PullRequest,
  plan: Plan,
  settings: Settings,
  checks: readonly Check[],
): Promise<readonly Standing[]> {
  const environment = settings.environments[plan.environment];
  if (environment === undefined || plan.plan === undefined) return [];
  const recorded = reviewMarkOf(checks);
  const logins = approvingLogins(pr, plan, recorded, checks, await decisionsOf(repository, pr.number));
  const { approve } = environment;
  const asked = logins.slice(0, MOST_APPROVERS).map((login) => standingOf(repository, login, approve.teams));
  return (await Promise.all(asked)).filter((standing) => holds(approve, standing));
}

/** Who approved this very plan, whatever their role: neither the author nor whoever pushed the head, which must be known. */
export function approvingLogins(
  pr: Pick<PullRequest, "author" | "headSha">,
  plan: Plan,
  recorded: ReviewMark | undefined,
  checks: readonly Check[],
  decisions: readonly Decision[],
): readonly string[] {
  const pusher = recorded?.pusher;
  if (pusher === undefined) return [];
  const against = decisions.filter(({ state, commit }) => state === "CHANGES_REQUESTED" && commit === pr.headSha);
  const excluded = [pr.author, pusher, ...against.map(({ login }) => login)];
  const all = [...byCommand(plan, checks), ...byReview(pr.headSha, plan, recorded, decisions)];
  const one = new Map(all.map((login) => [login.toLowerCase(), login]));
  return [...one.values()].filter((login) => !excluded.some((other) => isSame(other, login)));
}

function byCommand({ plan, environment }: Plan, checks: readonly Check[]): readonly string[] {
  return checks
    .filter(({ conclusion }) => conclusion === "success")
    .flatMap(({ externalId }) => readApprovalMark(externalId) ?? [])
    .filter((mark) => mark.plan === plan && mark.environment === environment)
    .map(({ login }) => login);
}

/** A review names a commit and no plan: it counts for the plan that the check showed before the review was written. */
function byReview(
  headSha: string,
  { plan, environment }: Plan,
  recorded: ReviewMark | undefined,
  decisions: readonly Decision[],
): readonly string[] {
  if (recorded === undefined || recorded.plan !== plan || recorded.environment !== environment) return [];
  const shown = Math.floor(recorded.reviewedAt / 1000);
  return decisions
    .filter(({ state, commit, submittedAt }) => {
      // GitHub gives whole seconds, so only a later second is certainly later.
      return state === "APPROVED" && commit === headSha && Math.floor(submittedAt / 1000) > shown;
    })
    .map(({ login }) => login);
}

/** Records an approval at the head commit; the same person's approval of the same plan is recorded once. */
export async function recordApproval(
  repository: Repository,
  headSha: string,
  mark: ApprovalMark,
  checks: readonly Check[],
): Promise<void> {
  const known = checks.find(({ externalId }) => {
    const said = readApprovalMark(externalId);
    return said?.login === mark.login && said.plan === mark.plan && said.environment === mark.environment;
  });
  if (known !== undefined) return;
  await putCheck(repository, {
    name: approvalCheckName(mark.login),
    headSha,
    externalId: writeApprovalMark(mark),
    state: "success",
    title: `Plan approved for ${mark.environment}`,
    summary: `\`${mark.login}\` approved plan \`${mark.plan}\` for \`${mark.environment}\`. A push voids this.`,
  });
}
