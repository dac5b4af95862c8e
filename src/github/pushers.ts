import { type Check, ownChecks, REVIEW } from "./checks.ts";
import { type ReviewMark, readReviewMark } from "./marks.ts";
import { commitsSinceReview, type PullRequest } from "./pull-request.ts";
import type { Repository } from "./repository.ts";

/** With more commits than this since the last review, `--plan` is asked for instead of looking at each. */
const MOST_COMMITS = 30;

/** What the newest review check among `checks` says was reviewed. */
export function reviewMarkOf(checks: readonly Check[]): ReviewMark | undefined {
  const review = checks.find(({ name }) => name === REVIEW);
  return review === undefined ? undefined : readReviewMark(review.externalId);
}

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
