import { notFound, unprocessable } from "../api/refusal.ts";
import { reviewJson, simplePullRequest } from "../json/pull-request.ts";
import type { PullRequest, Repository, Review, ReviewComment } from "../repository.ts";
import { type NewReviewComment, refuseOutsideDiff } from "../review-comments.ts";
import { type Author, announce, type User, type World } from "../world.ts";

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
  tell(world, repository, pull, review, "submitted", by.user);
  return review;
}

/** Takes a review's decision back; only one that decided something can be dismissed. */
export function dismissReview(world: World, repository: Repository, pull: PullRequest, by: User, id: number): void {
  const review = pull.reviews.find((candidate) => candidate.id === id);
  if (review === undefined) throw notFound();
  if (review.state === "COMMENTED" || review.state === "DISMISSED")
    throw unprocessable("Can not dismiss a commented pull request review");
  review.state = "DISMISSED";
  tell(world, repository, pull, review, "dismissed", by);
}

function tell(
  world: World,
  repository: Repository,
  pull: PullRequest,
  review: Review,
  action: "submitted" | "dismissed",
  sender: User,
): void {
  const told = reviewJson(world, repository, pull, review);
  const payload = {
    review: { ...told, state: review.state.toLowerCase(), body: review.body === "" ? null : review.body },
    pull_request: simplePullRequest(world, repository, pull),
  };
  world.emit({ event: "pull_request_review", action, repository, sender, payload });
  announce(world, repository, pull.number);
}
