import type { Review } from "../review/review.ts";
import type { Settings } from "../settings.ts";
import { approvalCheckName, type Check, putCheck } from "./checks.ts";
import { type ApprovalMark, readApprovalMark, writeApprovalMark } from "./marks.ts";
import { holds, type Standing, standingOf } from "./people.ts";
import type { PullRequest } from "./pull-request.ts";
import type { Repository } from "./repository.ts";

/** More people than this are not asked about; no settings need so many. */
const MOST_APPROVERS = 10;

/**
 * Everybody whose approval of this plan at this head still counts: it stands in a check run of this app at the head commit, so a
 * push voids it, and the approver may still approve at this moment.
 */
export async function approversOf(
  repository: Repository,
  pr: PullRequest,
  review: Pick<Review, "plan" | "environment">,
  settings: Settings,
  checks: readonly Check[],
): Promise<readonly Standing[]> {
  const environment = settings.environments[review.environment];
  if (environment === undefined) return [];
  const logins = new Set(
    checks
      .filter(({ conclusion }) => conclusion === "success")
      .flatMap(({ externalId }) => readApprovalMark(externalId) ?? [])
      .filter(
        (mark) => mark.plan === review.plan && mark.environment === review.environment && mark.login !== pr.author,
      )
      .map(({ login }) => login),
  );
  const standings = await Promise.all(
    [...logins].slice(0, MOST_APPROVERS).map((login) => standingOf(repository, login)),
  );
  return standings.filter((standing) => holds(environment.approve, standing));
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
