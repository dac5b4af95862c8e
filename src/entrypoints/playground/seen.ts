// What a person in front of the pull request would see, read from the stand-in's own records.

import type { CheckRun, Comment, PullRequest } from "../../playground/github/repository.ts";
import type { GitHubSide } from "./github-side.ts";

export const REVIEW_CHECK = "chaos / review";
export const GATE_CHECK = "chaos / gate";
export const RUN_CHECK = "chaos / run (staging)";

/** Waits for a completed check at the head of a pull request. */
export function completedCheck(
  { standIn, repository }: GitHubSide,
  pull: PullRequest,
  name: string,
  withinMs = 30_000,
): Promise<CheckRun> {
  const { headSha } = pull;
  return standIn.waitFor(
    `check ${name} at ${headSha.slice(0, 12)}`,
    () =>
      repository.checkRuns.find((run) => run.name === name && run.headSha === headSha && run.status === "completed"),
    withinMs,
  );
}

/** Waits for a comment of the app that `looks` right; they are edited in place, so an old one may become it. */
export function appComment(
  { standIn }: GitHubSide,
  pull: PullRequest,
  what: string,
  looks: (body: string) => boolean,
  withinMs = 30_000,
): Promise<Comment> {
  return standIn.waitFor(
    what,
    () => pull.comments.find(({ by, body }) => by.app !== undefined && looks(body)),
    withinMs,
  );
}

/** Says something and waits for the app's answer to exactly this comment. */
export async function say(github: GitHubSide, by: string, pull: PullRequest, text: string): Promise<string> {
  const { id } = github.standIn.people.comment(github.repository, by, pull.number, text);
  const marker = `<!-- chaosgate:reply ${id} -->`;
  const { body } = await appComment(github, pull, `an answer to ${text}`, (candidate) => candidate.startsWith(marker));
  return withoutMarkers(body);
}

/** The plan that the review's comment shows to copy. */
export async function shownPlan(github: GitHubSide, pull: PullRequest): Promise<string> {
  const ofHead = `head \`${pull.headSha.slice(0, 12)}\``;
  const { body } = await appComment(
    github,
    pull,
    "a review with a plan",
    (text) => text.includes(ofHead) && /plan `[0-9a-f]{16}`/.test(text),
  );
  return /plan `([0-9a-f]{16})`/.exec(body)?.[1] ?? "";
}

/** A comment's text without the invisible first lines. */
export function withoutMarkers(body: string): string {
  return body.replace(/<!--.*?-->\n?/gs, "").trim();
}

/** The first line of a Markdown text, without its decoration. */
export function headline(markdown: string): string {
  const [first = ""] = withoutMarkers(markdown).split("\n");
  return first.replace(/^#+ /, "").replaceAll(/[\\`*]/g, "");
}
