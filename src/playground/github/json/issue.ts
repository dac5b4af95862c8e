import type { Comment, Issue, PullRequest, Reaction, ReactionContent, Repository } from "../repository.ts";
import { nodeId, type World } from "../world.ts";
import { integration } from "./app.ts";
import { isoTime, pageUrl, pullPageUrl, repositoryUrl } from "./urls.ts";
import { authorAssociation, simpleUser } from "./user.ts";

/** A pull request seen as the issue that it also is. */
export function issueJson(world: World, repository: Repository, pull: PullRequest) {
  const url = repositoryUrl(world, repository, `/issues/${pull.number}`);
  const html = pullPageUrl(world, repository, pull);
  return {
    id: pull.issueId,
    node_id: nodeId("PR", pull.id),
    number: pull.number,
    url,
    repository_url: repositoryUrl(world, repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: html,
    title: pull.title,
    body: pull.body,
    user: simpleUser(world, pull.author),
    labels: pull.labels.map((name) => labelJson(world, repository, name)),
    state: pull.state,
    state_reason: null,
    locked: pull.locked,
    active_lock_reason: null,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: pull.comments.length,
    created_at: isoTime(pull.createdAt),
    updated_at: isoTime(pull.updatedAt),
    closed_at: pull.closedAt === undefined ? null : isoTime(pull.closedAt),
    author_association: authorAssociation(repository, pull.author),
    draft: false,
    pull_request: pullLinks(world, repository, pull),
    reactions: reactionRollup(`${url}/reactions`, []),
    performed_via_github_app: null,
  };
}

/** An issue that is none. */
export function plainIssueJson(world: World, repository: Repository, issue: Issue) {
  const url = repositoryUrl(world, repository, `/issues/${issue.number}`);
  return {
    id: issue.id,
    node_id: nodeId("I", issue.id),
    number: issue.number,
    url,
    repository_url: repositoryUrl(world, repository),
    labels_url: `${url}/labels{/name}`,
    comments_url: `${url}/comments`,
    events_url: `${url}/events`,
    html_url: pageUrl(world, repository, `/issues/${issue.number}`),
    title: issue.title,
    body: issue.body,
    user: simpleUser(world, issue.by.user),
    labels: [],
    state: issue.state,
    state_reason: issue.state === "closed" ? "completed" : null,
    locked: false,
    active_lock_reason: null,
    assignee: null,
    assignees: [],
    milestone: null,
    comments: 0,
    created_at: isoTime(issue.createdAt),
    updated_at: isoTime(issue.updatedAt),
    closed_at: issue.closedAt === undefined ? null : isoTime(issue.closedAt),
    author_association: authorAssociation(repository, issue.by.user),
    reactions: reactionRollup(`${url}/reactions`, []),
    performed_via_github_app: issue.by.app === undefined ? null : integration(world, issue.by.app),
  };
}

/** A comment, with the app that wrote it, if one did. */
export function commentJson(world: World, repository: Repository, pull: PullRequest, comment: Comment) {
  const url = repositoryUrl(world, repository, `/issues/comments/${comment.id}`);
  return {
    id: comment.id,
    node_id: nodeId("IC", comment.id),
    url,
    html_url: `${pullPageUrl(world, repository, pull)}#issuecomment-${comment.id}`,
    issue_url: repositoryUrl(world, repository, `/issues/${pull.number}`),
    user: simpleUser(world, comment.by.user),
    created_at: isoTime(comment.createdAt),
    updated_at: isoTime(comment.updatedAt),
    author_association: authorAssociation(repository, comment.by.user),
    body: comment.body,
    reactions: reactionRollup(`${url}/reactions`, comment.reactions),
    performed_via_github_app: comment.by.app === undefined ? null : integration(world, comment.by.app),
  };
}

export function labelJson(world: World, repository: Repository, name: string) {
  const label = repository.labels.get(name.toLowerCase());
  if (label === undefined) throw new Error(`pull request carries a label ${name} that the repository lacks`);
  return {
    id: label.id,
    node_id: nodeId("LA", label.id),
    url: repositoryUrl(world, repository, `/labels/${encodeURIComponent(label.name)}`),
    name: label.name,
    description: label.description,
    color: label.color,
    default: false,
  };
}

export function reactionJson(world: World, reaction: Reaction) {
  return {
    id: reaction.id,
    node_id: nodeId("REA", reaction.id),
    user: simpleUser(world, reaction.by.user),
    content: reaction.content,
    created_at: isoTime(reaction.at),
  };
}

function pullLinks(world: World, repository: Repository, pull: PullRequest) {
  const html = pullPageUrl(world, repository, pull);
  return {
    url: repositoryUrl(world, repository, `/pulls/${pull.number}`),
    html_url: html,
    diff_url: `${html}.diff`,
    patch_url: `${html}.patch`,
    merged_at: pull.merged === undefined ? null : isoTime(pull.merged.at),
  };
}

function reactionRollup(url: string, reactions: readonly Reaction[]) {
  const count = (content: ReactionContent) => reactions.filter((reaction) => reaction.content === content).length;
  return {
    url,
    total_count: reactions.length,
    "+1": count("+1"),
    "-1": count("-1"),
    laugh: count("laugh"),
    confused: count("confused"),
    heart: count("heart"),
    hooray: count("hooray"),
    rocket: count("rocket"),
    eyes: count("eyes"),
  };
}
