import { commitsOf, filesOf, isMergeable } from "../pulls.ts";
import type { PullRequest, Repository, Review, ReviewComment } from "../repository.ts";
import { diffAt, isCurrent } from "../review-comments.ts";
import { nodeId, type World } from "../world.ts";
import { labelJson } from "./issue.ts";
import { fullRepository } from "./repository.ts";
import { isoTime, pullPageUrl, repositoryUrl } from "./urls.ts";
import { authorAssociation, simpleUser } from "./user.ts";

/** A pull request in a list. */
export function simplePullRequest(world: World, repository: Repository, pull: PullRequest) {
  const { merged } = pull;
  return {
    id: pull.id,
    node_id: nodeId("PR", pull.id),
    number: pull.number,
    ...linksOf(world, repository, pull),
    state: pull.state,
    locked: pull.locked,
    active_lock_reason: null,
    title: pull.title,
    body: pull.body === "" ? null : pull.body,
    user: simpleUser(world, pull.author),
    labels: pull.labels.map((name) => labelJson(world, repository, name)),
    milestone: null,
    created_at: isoTime(pull.createdAt),
    updated_at: isoTime(pull.updatedAt),
    closed_at: pull.closedAt === undefined ? null : isoTime(pull.closedAt),
    merged_at: merged === undefined ? null : isoTime(merged.at),
    merge_commit_sha: merged?.sha ?? null,
    assignee: null,
    assignees: [],
    requested_reviewers: [],
    requested_teams: [],
    head: end(world, pull.head.repository, pull.head.branch, pull.headSha),
    base: end(world, repository, pull.base, pull.baseSha),
    author_association: authorAssociation(repository, pull.author),
    auto_merge: null,
    draft: false,
  };
}

/** A pull request by itself, with its counts and whether it can be merged. */
export function fullPullRequest(world: World, repository: Repository, pull: PullRequest) {
  const files = filesOf(repository, pull);
  const mergeable = pull.state === "open" ? isMergeable(repository, pull) : null;
  return {
    ...simplePullRequest(world, repository, pull),
    merged: pull.merged !== undefined,
    mergeable,
    rebaseable: mergeable,
    mergeable_state: mergeable === null ? "unknown" : mergeable ? "clean" : "dirty",
    merged_by: pull.merged === undefined ? null : simpleUser(world, pull.merged.by),
    comments: pull.comments.length,
    review_comments: pull.reviews.flatMap(({ comments }) => comments).length,
    maintainer_can_modify: false,
    commits: commitsOf(repository, pull).length,
    additions: files.reduce((sum, { additions }) => sum + additions, 0),
    deletions: files.reduce((sum, { deletions }) => sum + deletions, 0),
    changed_files: files.length,
  };
}

/** A pull request inside a check run. */
export function minimalPullRequest(world: World, repository: Repository, pull: PullRequest) {
  const repo = (of: Repository) => ({ id: of.id, url: repositoryUrl(world, of), name: of.name });
  return {
    id: pull.id,
    number: pull.number,
    url: repositoryUrl(world, repository, `/pulls/${pull.number}`),
    head: { ref: pull.head.branch, sha: pull.headSha, repo: repo(pull.head.repository) },
    base: { ref: pull.base, sha: pull.baseSha, repo: repo(repository) },
  };
}

export function reviewJson(world: World, repository: Repository, pull: PullRequest, review: Review) {
  const html = `${pullPageUrl(world, repository, pull)}#pullrequestreview-${review.id}`;
  const url = repositoryUrl(world, repository, `/pulls/${pull.number}`);
  return {
    id: review.id,
    node_id: nodeId("PRR", review.id),
    user: simpleUser(world, review.by.user),
    body: review.body,
    state: review.state,
    html_url: html,
    pull_request_url: url,
    _links: { html: { href: html }, pull_request: { href: url } },
    submitted_at: isoTime(review.at),
    commit_id: review.commitSha,
    author_association: authorAssociation(repository, review.by.user),
  };
}

/** A comment of a review; one whose lines have changed since has no `line` and no `position`. */
export function reviewCommentJson(world: World, repository: Repository, pull: PullRequest, comment: ReviewComment) {
  const url = repositoryUrl(world, repository, `/pulls/comments/${comment.id}`);
  const html = `${pullPageUrl(world, repository, pull)}#discussion_r${comment.id}`;
  const pullUrl = repositoryUrl(world, repository, `/pulls/${pull.number}`);
  const { startLine: start_line = null, line, side } = comment;
  const { hunk, position } = diffAt(repository, pull, comment);
  return {
    id: comment.id,
    node_id: nodeId("PRRC", comment.id),
    url,
    html_url: html,
    pull_request_url: pullUrl,
    _links: { self: { href: url }, html: { href: html }, pull_request: { href: pullUrl } },
    pull_request_review_id: comment.reviewId,
    user: simpleUser(world, comment.by.user),
    author_association: authorAssociation(repository, comment.by.user),
    body: comment.body,
    path: comment.path,
    diff_hunk: hunk,
    commit_id: pull.headSha,
    original_commit_id: comment.commitSha,
    created_at: isoTime(comment.at),
    updated_at: isoTime(comment.at),
    subject_type: "line",
    side,
    original_position: position,
    original_line: line,
    original_start_line: start_line,
    start_side: start_line === null ? null : side,
    ...(isCurrent(repository, pull, comment) && { position, line, start_line }),
  };
}

function end(world: World, repository: Repository, branch: string, sha: string) {
  return {
    label: `${repository.owner.login}:${branch}`,
    ref: branch,
    sha,
    user: simpleUser(world, repository.owner),
    repo: fullRepository(world, repository),
  };
}

function linksOf(world: World, repository: Repository, pull: PullRequest) {
  const html = pullPageUrl(world, repository, pull);
  const url = repositoryUrl(world, repository, `/pulls/${pull.number}`);
  const issue = repositoryUrl(world, repository, `/issues/${pull.number}`);
  const statuses = repositoryUrl(world, repository, `/statuses/${pull.headSha}`);
  const links = {
    url,
    html_url: html,
    issue_url: issue,
    comments_url: `${issue}/comments`,
    commits_url: `${url}/commits`,
    review_comments_url: `${url}/comments`,
    review_comment_url: repositoryUrl(world, repository, "/pulls/comments{/number}"),
    statuses_url: statuses,
  };
  const href = (address: string) => ({ href: address });
  const _links = {
    self: href(url),
    html: href(html),
    issue: href(issue),
    comments: href(links.comments_url),
    review_comments: href(links.review_comments_url),
    review_comment: href(links.review_comment_url),
    commits: href(links.commits_url),
    statuses: href(statuses),
  };
  return { ...links, diff_url: `${html}.diff`, patch_url: `${html}.patch`, _links };
}
