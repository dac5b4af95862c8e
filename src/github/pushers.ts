import { type Check, ownChecks, REVIEW } from "./checks.ts";
import { type ReviewMark, readReviewMark } from "./marks.ts";
import { commitsSinceReview, type PullRequest } from "./pull-request.ts";
import { isNotFound, type Repository, where } from "./repository.ts";

/** With more commits than this since the last review, `--plan` is asked for instead of looking at each. */
const MOST_COMMITS = 30;

/** What the newest review check among `checks` says was reviewed. */
export function reviewMarkOf(checks: readonly Check[]): ReviewMark | undefined {
  const review = checks.find(({ name }) => name === REVIEW);
  return review === undefined ? undefined : readReviewMark(review.externalId);
}

/**
 * Who moved the branch to this head, from GitHub's own record of activities: where the delivery that said so was lost. Of a fork's
 * branches the app sees none; undefined there, and for what GitHub has forgotten.
 */
export async function recordedPusher(repository: Repository, pr: PullRequest): Promise<string | undefined> {
  if (pr.fromFork) return undefined;
  const asked = { ...where(repository), ref: pr.headBranch, per_page: 100 };
  try {
    const { data } = await repository.octokit.rest.repos.listActivities(asked);
    const pushed = data.find(({ after, activity_type }) => after === pr.headSha && PUSHES.includes(activity_type));
    return pushed?.actor?.login;
  } catch (error) {
    // A GitHub server of before this route has no record to ask; then nobody can approve before the next push.
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** Kinds of activity by which somebody chooses what a branch holds. */
const PUSHES: readonly string[] = ["push", "force_push", "branch_creation", "pr_merge"];

/**
 * Who pushed to the pull request since `login` last reviewed it. The author of a commit says nothing about who pushed it, so this
 * is what the bot saw at each push; `undefined` stands for a push that it did not see.
 */
export async function pushersSinceReview(
  repository: Repository,
  pr: PullRequest,
  login: string,
): Promise<readonly (string | undefined)[]> {
  const commits = await commitsSinceReview(repository, pr.number, login);
  if (commits.length > MOST_COMMITS) return [undefined];
  const seen: (string | undefined)[] = [];
  for (const sha of commits) {
    const mark = reviewMarkOf(await ownChecks(repository, sha, REVIEW));
    // A commit without a review came with a later one in the same push; the head always has its own.
    if (mark !== undefined || sha === pr.headSha) seen.push(mark?.pusher);
  }
  return seen;
}
