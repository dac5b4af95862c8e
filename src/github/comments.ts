import { isOwn, type Repository, where } from "./repository.ts";

/** Markers make a comment findable; nothing that a comment says is ever read back as state. */
export const REVIEW_MARKER = "<!-- chaosgate:review -->";

const RUN_MARKER_START = "<!-- chaosgate:run ";

/** The marker of the comment that follows one run. */
export function runMarker(runId: string): string {
  return `${RUN_MARKER_START}${runId} -->`;
}

/** The marker of the answer to one command. */
export function replyMarker(commentId: number): string {
  return `<!-- chaosgate:reply ${commentId} -->`;
}

/** The marker of the review that suggests a commit's fixes. */
export function suggestionsMarker(headSha: string): string {
  return `<!-- chaosgate:suggestions ${headSha} -->`;
}

/** GitHub refuses a longer body. */
const LONGEST_BODY = 65_536;

/** Writes the app's one comment with this marker: changes it when it is there, creates it otherwise. */
export async function putComment(
  repository: Repository,
  pullRequest: number,
  marker: string,
  text: string,
): Promise<void> {
  const { issues } = repository.octokit.rest;
  const body = `${marker}\n${text}`.slice(0, LONGEST_BODY);
  const existing = await findComment(repository, pullRequest, marker);
  if (existing === undefined) {
    await issues.createComment({ ...where(repository), issue_number: pullRequest, body });
  } else if (existing.body !== body) {
    await issues.updateComment({ ...where(repository), comment_id: existing.id, body });
  }
}

/** The app's own comment that starts with the marker; anybody could have copied a marker into theirs. */
export async function findComment(
  repository: Repository,
  pullRequest: number,
  marker: string,
): Promise<{ readonly id: number; readonly body: string } | undefined> {
  const { octokit } = repository;
  const pages = octokit.paginate.iterator(octokit.rest.issues.listComments, {
    ...where(repository),
    issue_number: pullRequest,
    per_page: 100,
  });
  for await (const { data } of pages) {
    const own = data.find((comment) => isOwn(repository, comment) && comment.body?.startsWith(marker));
    if (own !== undefined) return { id: own.id, body: own.body ?? "" };
  }
  return undefined;
}

const MINIMIZE = `mutation ($id: ID!) {
  minimizeComment(input: { subjectId: $id, classifier: OUTDATED }) { minimizedComment { isMinimized } }
}`;

/** Folds away the comments of earlier runs. Decorative, as reactions are. */
export async function foldOlderRuns(repository: Repository, pullRequest: number, runId: string): Promise<void> {
  const { octokit } = repository;
  const page = { ...where(repository), issue_number: pullRequest, per_page: 100 };
  const comments = await octokit.paginate(octokit.rest.issues.listComments, page);
  const older = comments.filter((comment) => {
    const isRun = comment.body?.startsWith(RUN_MARKER_START) && !comment.body.startsWith(runMarker(runId));
    return isRun && isOwn(repository, comment);
  });
  for (const { node_id: id } of older) {
    // Whoever may not fold, or finds it folded already, has lost nothing.
    await octokit.graphql(MINIMIZE, { id }).catch(() => undefined);
  }
}

type Reaction = "eyes" | "rocket" | "hooray" | "-1" | "confused";

/** Reacts to a command. Decorative: a failure to react is nobody's problem. */
export async function react(repository: Repository, commentId: number, content: Reaction): Promise<void> {
  await repository.octokit.rest.reactions
    .createForIssueComment({ ...where(repository), comment_id: commentId, content })
    // The comment may be gone or locked by now, and what it asked for is done all the same.
    .catch(() => undefined);
}
