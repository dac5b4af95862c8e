import { createComment, deleteComment, editComment, react, unreact } from "../actions/comments.ts";
import { addLabels, createLabel, removeLabel } from "../actions/labels.ts";
import { setState } from "../actions/pull-requests.ts";
import { listOf, textOf } from "../api/fields.ts";
import { isObject } from "../api/json-schema.ts";
import { notFound } from "../api/refusal.ts";
import { authorOf, type Call, idIn, type Reply, type Route, repositoryRoute } from "../api/route.ts";
import { commentJson, issueJson, labelJson, plainIssueJson, reactionJson } from "../json/issue.ts";
import { findComment, type PullRequest, type ReactionContent, type Repository } from "../repository.ts";
import { changeIssue, plainIssueIn } from "./plain-issues.ts";
import { pullIn } from "./pulls.ts";

/** On a pull request, permission for pull requests is as good as permission for issues. */
const READ = ["issues:read", "pull_requests:read"] as const;
const WRITE = ["issues:write", "pull_requests:write"] as const;

/** Conversation, labels and reactions. */
export function issueRoutes(): readonly Route[] {
  return [
    repositoryRoute("GET", "/issues/{issue_number}", READ, getIssue),
    repositoryRoute("PATCH", "/issues/{issue_number}", WRITE, updateIssue),
    repositoryRoute("GET", "/issues/{issue_number}/comments", READ, listComments),
    repositoryRoute("POST", "/issues/{issue_number}/comments", WRITE, comment),
    repositoryRoute("GET", "/issues/comments", READ, listRepositoryComments),
    repositoryRoute("GET", "/issues/comments/{comment_id}", READ, getComment),
    repositoryRoute("PATCH", "/issues/comments/{comment_id}", WRITE, edit),
    repositoryRoute("DELETE", "/issues/comments/{comment_id}", WRITE, remove),
    repositoryRoute("GET", "/issues/comments/{comment_id}/reactions", READ, listReactions),
    repositoryRoute("POST", "/issues/comments/{comment_id}/reactions", WRITE, addReaction),
    repositoryRoute("DELETE", "/issues/comments/{comment_id}/reactions/{reaction_id}", WRITE, removeReaction),
    repositoryRoute("GET", "/issues/{issue_number}/labels", READ, listLabels),
    repositoryRoute("POST", "/issues/{issue_number}/labels", WRITE, label),
    repositoryRoute("DELETE", "/issues/{issue_number}/labels/{name}", WRITE, unlabel),
    repositoryRoute("GET", "/labels", READ, listRepositoryLabels),
    repositoryRoute("POST", "/labels", WRITE, newLabel),
    repositoryRoute("GET", "/labels/{name}", READ, getLabel),
  ];
}

function issueIn(call: Call, repository: Repository): PullRequest {
  return pullIn(call, repository, "issue_number");
}

function getIssue(call: Call, repository: Repository): Reply {
  const plain = plainIssueIn(call, repository, "read");
  if (plain !== undefined) return { status: 200, body: plainIssueJson(call.world, repository, plain) };
  return { status: 200, body: issueJson(call.world, repository, issueIn(call, repository)) };
}

function updateIssue(call: Call, repository: Repository): Reply {
  const plain = plainIssueIn(call, repository, "write");
  if (plain !== undefined) {
    changeIssue(call, repository, plain);
    return getIssue(call, repository);
  }
  const pull = issueIn(call, repository);
  const state = textOf(call.body, "state");
  if (state) setState(call.world, repository, pull, authorOf(call.actor).user, state === "open");
  return getIssue(call, repository);
}

function listComments(call: Call, repository: Repository): Reply {
  const pull = issueIn(call, repository);
  const since = Date.parse(call.query.since ?? "") || 0;
  const found = pull.comments.filter(({ updatedAt }) => updatedAt >= since);
  return { items: found.map((each) => commentJson(call.world, repository, pull, each)) };
}

/** Of all pull requests; without a sort GitHub gives them by id, oldest first. */
function listRepositoryComments({ world, query }: Call, repository: Repository): Reply {
  const since = Date.parse(query.since ?? "") || 0;
  const found = repository.pulls.flatMap((pull) =>
    pull.comments.filter(({ updatedAt }) => updatedAt >= since).map((each) => ({ pull, each })),
  );
  const ordered = found.sort((a, b) => a.each.id - b.each.id);
  if (query.direction === "desc") ordered.reverse();
  return { items: ordered.map(({ pull, each }) => commentJson(world, repository, pull, each)) };
}

function comment(call: Call, repository: Repository): Reply {
  const pull = issueIn(call, repository);
  const { world, actor, body } = call;
  const created = createComment(world, repository, pull, authorOf(actor), textOf(body, "body") ?? "");
  return { status: 201, body: commentJson(world, repository, pull, created) };
}

function commentIn(call: Call, repository: Repository) {
  const found = findComment(repository, idIn(call, "comment_id"));
  if (found === undefined) throw notFound();
  return found;
}

function getComment(call: Call, repository: Repository): Reply {
  const found = commentIn(call, repository);
  return { status: 200, body: commentJson(call.world, repository, found.pull, found.comment) };
}

function edit(call: Call, repository: Repository): Reply {
  const found = commentIn(call, repository);
  editComment(call.world, repository, found, authorOf(call.actor), textOf(call.body, "body") ?? "");
  return getComment(call, repository);
}

function remove(call: Call, repository: Repository): Reply {
  deleteComment(call.world, repository, commentIn(call, repository), authorOf(call.actor));
  return { status: 204 };
}

function listReactions(call: Call, repository: Repository): Reply {
  const { content } = call.query;
  const found = commentIn(call, repository).comment.reactions;
  const shown = found.filter((reaction) => content === undefined || reaction.content === content);
  return { items: shown.map((reaction) => reactionJson(call.world, reaction)) };
}

function addReaction(call: Call, repository: Repository): Reply {
  const content = textOf(call.body, "content") as ReactionContent;
  const found = commentIn(call, repository);
  const { reaction, isNew } = react(call.world, repository, found, authorOf(call.actor), content);
  return { status: isNew ? 201 : 200, body: reactionJson(call.world, reaction) };
}

function removeReaction(call: Call, repository: Repository): Reply {
  const found = commentIn(call, repository);
  unreact(call.world, repository, found, authorOf(call.actor), idIn(call, "reaction_id"));
  return { status: 204 };
}

function labelsOf(call: Call, repository: Repository, pull: PullRequest): readonly unknown[] {
  return pull.labels.map((name) => labelJson(call.world, repository, name));
}

function listLabels(call: Call, repository: Repository): Reply {
  return { items: labelsOf(call, repository, issueIn(call, repository)) };
}

function label(call: Call, repository: Repository): Reply {
  const pull = issueIn(call, repository);
  const names = (listOf(call.body, "labels") ?? []).map((each) => (isObject(each) ? each.name : each));
  addLabels(call.world, repository, pull, authorOf(call.actor).user, names.map(String));
  return { status: 200, body: labelsOf(call, repository, pull) };
}

function unlabel(call: Call, repository: Repository): Reply {
  const pull = issueIn(call, repository);
  removeLabel(call.world, repository, pull, authorOf(call.actor).user, call.params.name ?? "");
  return { status: 200, body: labelsOf(call, repository, pull) };
}

function listRepositoryLabels(call: Call, repository: Repository): Reply {
  return { items: [...repository.labels.values()].map(({ name }) => labelJson(call.world, repository, name)) };
}

function newLabel(call: Call, repository: Repository): Reply {
  const { world, body } = call;
  const what = {
    name: textOf(body, "name") ?? "",
    color: textOf(body, "color"),
    description: textOf(body, "description"),
  };
  return { status: 201, body: labelJson(world, repository, createLabel(world, repository, what).name) };
}

function getLabel(call: Call, repository: Repository): Reply {
  const found = repository.labels.get((call.params.name ?? "").toLowerCase());
  if (found === undefined) throw notFound();
  return { status: 200, body: labelJson(call.world, repository, found.name) };
}
