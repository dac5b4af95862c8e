import { unprocessable } from "../api/refusal.ts";
import { reviewJson, simplePullRequest } from "../json/pull-request.ts";
import type { PullRequest, Repository, Review } from "../repository.ts";
import { type Author, announce, type World } from "../world.ts";

/** Submits a review of the head that the pull request has now, or of the commit that is named. */
export function createReview(
  world: World,
  repository: Repository,
  pull: PullRequest,
  by: Author,
  what: { readonly state: Review["state"]; readonly body: string; readonly commitSha?: string | undefined },
): Review {
  if (what.state !== "COMMENTED" && by.user === pull.author) {
    throw unprocessable(
      `Can not ${what.state === "APPROVED" ? "approve" : "request changes on"} your own pull request`,
    );
  }
  const review: Review = {
    id: world.nextId(),
    by,
    state: what.state,
    body: what.body,
    commitSha: what.commitSha ?? pull.headSha,
    at: world.clock.now(),
  };
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
