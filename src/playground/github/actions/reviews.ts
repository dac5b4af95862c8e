import { unprocessable } from "../api/refusal.ts";
import { reviewJson, simplePullRequest } from "../json/pull-request.ts";
import type { PullRequest, Repository, Review, ReviewComment } from "../repository.ts";
import { type NewReviewComment, refuseOutsideDiff } from "../review-comments.ts";
import { type Author, announce, type World } from "../world.ts";

export type NewReview = {
  readonly state: Review["state"];
  readonly body: string;
  readonly commitSha?: string | undefined;
  readonly comments?: readonly NewReviewComment[];
};

/** Submits a review of the head that the pull request has now, or of the commit that is named. */
export function createReview(
  world: World,
  repository: Repository,
  pull: PullRequest,
  by: Author,
  what: NewReview,
): Review {
  if (what.state !== "COMMENTED" && by.user === pull.author) {
    throw unprocessable(
      `Can not ${what.state === "APPROVED" ? "approve" : "request changes on"} your own pull request`,
    );
  }
  const [id, commitSha, at] = [world.nextId(), what.commitSha ?? pull.headSha, world.clock.now()];
  for (const comment of what.comments ?? []) refuseOutsideDiff(repository, pull, commitSha, comment);
  const comments = (what.comments ?? []).map((comment): ReviewComment => {
    return { ...comment, id: world.nextId(), reviewId: id, by, commitSha, at };
  });
  const review: Review = { id, by, state: what.state, body: what.body, commitSha, at, comments };
  pull.reviews.push(review);
  const told = reviewJson(world, repository, pull, review);
  const payload = {
    review: { ...told, state: review.state.toLowerCase(), body: review.body === "" ? null : review.body },
    pull_request: simplePullRequest(world, repository, pull),
  };
  world.emit({ event: "pull_request_review", action: "submitted", repository, sender: by.user, payload });
  announce(world, repository, pull.number);
  return review;
}
