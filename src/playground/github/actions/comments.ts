import { forbidden, invalid, notFound } from "../api/refusal.ts";
import { commentJson, issueJson } from "../json/issue.ts";
import {
  atLeast,
  type Comment,
  type PullRequest,
  type Reaction,
  type ReactionContent,
  type Repository,
  roleOf,
} from "../repository.ts";
import { type Author, announce, type World } from "../world.ts";

/** GitHub's limit for the text of a comment, in characters. */
export const LONGEST_COMMENT = 65_536;

export function createComment(
  world: World,
  repository: Repository,
  pull: PullRequest,
  by: Author,
  body: string,
): Comment {
  refuseBody(body);
  if (pull.locked && !atLeast(roleOf(repository, by.user), "write") && by.app === undefined) {
    throw forbidden("Unable to create comment because issue is locked.");
  }
  const at = world.clock.now();
  const comment: Comment = { id: world.nextId(), by, body, createdAt: at, updatedAt: at, reactions: [] };
  pull.comments.push(comment);
  emitComment(world, repository, pull, comment, by, "created");
  return comment;
}

/** Rewrites a comment: its own author always may, others need write. */
export function editComment(
  world: World,
  repository: Repository,
  { pull, comment }: { readonly pull: PullRequest; readonly comment: Comment },
  by: Author,
  body: string,
): void {
  refuseBody(body);
  refuseStranger(repository, comment, by);
  const before = comment.body;
  comment.body = body;
  comment.updatedAt = world.clock.now();
  emitComment(world, repository, pull, comment, by, "edited", { changes: { body: { from: before } } });
}

export function deleteComment(
  world: World,
  repository: Repository,
  { pull, comment }: { readonly pull: PullRequest; readonly comment: Comment },
  by: Author,
): void {
  refuseStranger(repository, comment, by);
  pull.comments.splice(pull.comments.indexOf(comment), 1);
  emitComment(world, repository, pull, comment, by, "deleted");
}

/** Adds a reaction; the same one again changes nothing and gives back the first. */
export function react(
  world: World,
  repository: Repository,
  { pull, comment }: { readonly pull: PullRequest; readonly comment: Comment },
  by: Author,
  content: ReactionContent,
): { readonly reaction: Reaction; readonly isNew: boolean } {
  const known = comment.reactions.find((reaction) => reaction.by.user === by.user && reaction.content === content);
  if (known) return { reaction: known, isNew: false };
  const reaction = { id: world.nextId(), by, content, at: world.clock.now() };
  comment.reactions.push(reaction);
  announce(world, repository, pull.number);
  return { reaction, isNew: true };
}

/** Takes one's own reaction back. */
export function unreact(
  world: World,
  repository: Repository,
  { pull, comment }: { readonly pull: PullRequest; readonly comment: Comment },
  by: Author,
  id: number,
): void {
  const at = comment.reactions.findIndex((reaction) => reaction.id === id);
  if (at < 0) throw notFound();
  if (comment.reactions[at]?.by.user !== by.user) throw forbidden();
  comment.reactions.splice(at, 1);
  announce(world, repository, pull.number);
}

/** Folds a comment away. */
export function minimizeComment(
  world: World,
  repository: Repository,
  found: { readonly pull: PullRequest; readonly comment: Comment },
  classifier: string,
): void {
  found.comment.minimized = classifier.toLowerCase();
  announce(world, repository, found.pull.number);
}

function refuseBody(body: string): void {
  if (body.trim() === "") throw invalid({ resource: "IssueComment", field: "body", code: "missing_field" });
  if ([...body].length > LONGEST_COMMENT) {
    const message = `body is too long (maximum is ${LONGEST_COMMENT} characters)`;
    throw invalid({ resource: "IssueComment", field: "body", code: "custom", message });
  }
}

/** An app may change only what an app of its own wrote. */
function refuseStranger(repository: Repository, comment: Comment, by: Author): void {
  if (comment.by.user === by.user) return;
  if (by.app !== undefined || !atLeast(roleOf(repository, by.user), "write")) throw forbidden();
}

function emitComment(
  world: World,
  repository: Repository,
  pull: PullRequest,
  comment: Comment,
  by: Author,
  action: "created" | "edited" | "deleted",
  more: Readonly<Record<string, unknown>> = {},
): void {
  pull.updatedAt = world.clock.now();
  const payload = {
    issue: issueJson(world, repository, pull),
    comment: commentJson(world, repository, pull, comment),
    ...more,
  };
  world.emit({ event: "issue_comment", action, repository, sender: by.user, payload });
  announce(world, repository, pull.number);
}
