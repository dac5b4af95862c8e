import { emitPull, mergePullRequest, openPullRequest, setState } from "../actions/pull-requests.ts";
import { createReview } from "../actions/reviews.ts";
import { listOf, numberOf, textOf } from "../api/fields.ts";
import { isObject, type JsonObject } from "../api/json-schema.ts";
import { invalid, notFound, unprocessable } from "../api/refusal.ts";
import { authorOf, type Call, idIn, type Reply, type Route, repositoryRoute } from "../api/route.ts";
import { commitJson, diffEntry } from "../json/git.ts";
import { fullPullRequest, reviewCommentJson, reviewJson, simplePullRequest } from "../json/pull-request.ts";
import { commitsOf, filesOf } from "../pulls.ts";
import type { PullRequest, Repository, Review } from "../repository.ts";
import type { NewReviewComment } from "../review-comments.ts";

/** Pull requests: what they are, what they change, reviews and merging. */
export function pullRoutes(): readonly Route[] {
  const [read, write] = ["pull_requests:read", "pull_requests:write"] as const;
  return [
    repositoryRoute("GET", "/pulls", read, listPulls),
    repositoryRoute("POST", "/pulls", write, openPull),
    repositoryRoute("GET", "/pulls/{pull_number}", read, getPull),
    repositoryRoute("PATCH", "/pulls/{pull_number}", write, updatePull),
    repositoryRoute("GET", "/pulls/{pull_number}/files", read, listFiles),
    repositoryRoute("GET", "/pulls/{pull_number}/commits", read, listPullCommits),
    repositoryRoute("GET", "/pulls/{pull_number}/merge", read, isMerged),
    repositoryRoute("PUT", "/pulls/{pull_number}/merge", "contents:write", merge),
    repositoryRoute("GET", "/pulls/{pull_number}/reviews", read, listReviews),
    repositoryRoute("POST", "/pulls/{pull_number}/reviews", write, review),
    repositoryRoute("GET", "/pulls/{pull_number}/reviews/{review_id}/comments", read, listCommentsOfReview),
    repositoryRoute("GET", "/pulls/{pull_number}/comments", read, listReviewComments),
  ];
}

/** The pull request that a path names, or 404. */
export function pullIn(call: Call, repository: Repository, parameter = "pull_number"): PullRequest {
  const number = idIn(call, parameter);
  const pull = repository.pulls.find((candidate) => candidate.number === number);
  if (pull === undefined) throw notFound();
  return pull;
}

function listPulls({ world, query }: Call, repository: Repository): Reply {
  const { state = "open", head, base } = query;
  const found = repository.pulls
    .filter((pull) => state === "all" || pull.state === state)
    .filter((pull) => head === undefined || `${pull.head.repository.owner.login}:${pull.head.branch}` === head)
    .filter((pull) => base === undefined || pull.base === base);
  const ordered = query.direction === "asc" ? found : found.reverse();
  return { items: ordered.map((pull) => simplePullRequest(world, repository, pull)) };
}

function openPull({ world, actor, body }: Call, repository: Repository): Reply {
  const head = textOf(body, "head") ?? "";
  const colon = head.indexOf(":");
  const owner = colon < 0 ? repository.owner.login : head.slice(0, colon);
  const from = [...world.repositories.values()].find(
    (candidate) => candidate.owner.login === owner && (candidate === repository || candidate.parent === repository),
  );
  if (from === undefined) throw invalid({ resource: "PullRequest", field: "head", code: "invalid" });
  const title = textOf(body, "title");
  if (title === undefined) throw invalid({ resource: "PullRequest", field: "title", code: "missing_field" });
  const pull = openPullRequest(world, repository, authorOf(actor).user, {
    title,
    body: textOf(body, "body") ?? "",
    from,
    branch: head.slice(colon + 1),
    base: textOf(body, "base") ?? "",
  });
  return { status: 201, body: fullPullRequest(world, repository, pull) };
}

function getPull(call: Call, repository: Repository): Reply {
  const pull = pullIn(call, repository);
  if (/\bdiff\b/.test(call.accept)) {
    const text = filesOf(repository, pull).map(({ path, patch }) => `--- a/${path}\n+++ b/${path}\n${patch}\n`);
    return { status: 200, text: { type: "application/vnd.github.diff; charset=utf-8", body: text.join("") } };
  }
  return { status: 200, body: fullPullRequest(call.world, repository, pull) };
}

function updatePull(call: Call, repository: Repository): Reply {
  const { world, actor, body } = call;
  const pull = pullIn(call, repository);
  const { user } = authorOf(actor);
  applyEdit(pull, body);
  const state = textOf(body, "state");
  if (state !== undefined) setState(world, repository, pull, user, state === "open");
  else emitPull(world, repository, pull, user, "edited", { changes: {} });
  return { status: 200, body: fullPullRequest(world, repository, pull) };
}

function applyEdit(pull: PullRequest, body: JsonObject): void {
  pull.title = textOf(body, "title") ?? pull.title;
  pull.body = textOf(body, "body") ?? pull.body;
}

/** GitHub's list of files ends at 3000. */
const MOST_FILES = 3000;

function listFiles(call: Call, repository: Repository): Reply {
  const pull = pullIn(call, repository);
  const files = filesOf(repository, pull).slice(0, MOST_FILES);
  return { items: files.map((change) => diffEntry(call.world, repository, pull.headSha, change)) };
}

/** GitHub's list of commits ends at 250. */
const MOST_COMMITS = 250;

function listPullCommits(call: Call, repository: Repository): Reply {
  const commits = commitsOf(repository, pullIn(call, repository)).slice(0, MOST_COMMITS);
  return { items: commits.map((commit) => commitJson(call.world, repository, commit)) };
}

function isMerged(call: Call, repository: Repository): Reply {
  if (pullIn(call, repository).merged === undefined) throw notFound();
  return { status: 204 };
}

function merge(call: Call, repository: Repository): Reply {
  const { world, actor, body } = call;
  const commit = mergePullRequest(world, repository, pullIn(call, repository), authorOf(actor).user, {
    expectedSha: textOf(body, "sha"),
    squash: textOf(body, "merge_method") === "squash",
    message: textOf(body, "commit_title"),
  });
  return { status: 200, body: { sha: commit.sha, merged: true, message: "Pull Request successfully merged" } };
}

function listReviews(call: Call, repository: Repository): Reply {
  const pull = pullIn(call, repository);
  return { items: pull.reviews.map((each) => reviewJson(call.world, repository, pull, each)) };
}

const STATE_OF_EVENT: Readonly<Record<string, Review["state"]>> = {
  APPROVE: "APPROVED",
  REQUEST_CHANGES: "CHANGES_REQUESTED",
  COMMENT: "COMMENTED",
};

function review(call: Call, repository: Repository): Reply {
  const { world, actor, body } = call;
  const pull = pullIn(call, repository);
  const state = STATE_OF_EVENT[textOf(body, "event") ?? ""] ?? "COMMENTED";
  const text = textOf(body, "body") ?? "";
  if (text === "" && state !== "APPROVED") {
    throw unprocessable("Body can't be blank");
  }
  const commitSha = textOf(body, "commit_id");
  const comments = (listOf(body, "comments") ?? []).filter(isObject).map(newComment);
  const created = createReview(world, repository, pull, authorOf(actor), { state, body: text, commitSha, comments });
  return { status: 200, body: reviewJson(world, repository, pull, created) };
}

function newComment(given: JsonObject): NewReviewComment {
  const line = numberOf(given, "line");
  // GitHub also takes `position`, which it is closing down and no route of the app sends.
  if (line === undefined) throw unprocessable("Line could not be resolved");
  const startLine = numberOf(given, "start_line");
  return {
    path: textOf(given, "path") ?? "",
    body: textOf(given, "body") ?? "",
    side: textOf(given, "side") === "LEFT" ? "LEFT" : "RIGHT",
    line,
    ...(startLine !== undefined && { startLine }),
  };
}

function listReviewComments(call: Call, repository: Repository): Reply {
  const pull = pullIn(call, repository);
  const comments = pull.reviews.flatMap((each) => each.comments);
  return { items: comments.map((comment) => reviewCommentJson(call.world, repository, pull, comment)) };
}

function listCommentsOfReview(call: Call, repository: Repository): Reply {
  const pull = pullIn(call, repository);
  const found = pull.reviews.find(({ id }) => id === idIn(call, "review_id"));
  if (found === undefined) throw notFound();
  const told = found.comments.map((comment) => reviewCommentJson(call.world, repository, pull, comment));
  return { items: told.map((comment) => ({ position: null, ...comment })) };
}
