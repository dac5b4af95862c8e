import { readReviewMark } from "../../../src/github/marks.ts";
import type { CheckRun, Comment, Deployment, PullRequest } from "../../../src/playground/github/repository.ts";
import { APP_ID, type Town } from "./town.ts";

/** The app's checks of a name at the pull request's head, newest first. */
export function checksOf({ repository }: Town, pull: PullRequest, name: string): readonly CheckRun[] {
  const head = headOf(pull);
  return repository.checkRuns.filter((run) => run.name === name && run.headSha === head).reverse();
}

/** What the newest check of a name says; `pending` while it has not concluded. */
export function conclusionOf(town: Town, pull: PullRequest, name: string): string | undefined {
  const [newest] = checksOf(town, pull, name);
  return newest === undefined ? undefined : (newest.conclusion ?? "pending");
}

/** The plan that the review check at the head carries. */
export function planOf(town: Town, pull: PullRequest): string | undefined {
  const [review] = checksOf(town, pull, "chaos / review");
  return review === undefined ? undefined : readReviewMark(review.externalId ?? "")?.plan;
}

/** Comments that the app wrote, oldest first. */
export function appComments(_: Town, pull: PullRequest): readonly Comment[] {
  return pull.comments.filter(({ by }) => by.app?.id === APP_ID);
}

/** Deployments of a task, oldest first. */
export function deploymentsOf({ repository }: Town, task: string): readonly Deployment[] {
  return repository.deployments.filter((deployment) => deployment.task === task);
}

/** Comments as somebody, and returns what the app answered. */
export async function say(town: Town, by: string, pull: PullRequest, body: string): Promise<string> {
  const comment = town.github.people.comment(town.repository, by, pull.number, body);
  await town.quiet();
  const marker = `<!-- chaosgate:reply ${comment.id} -->`;
  return appComments(town, pull).find((reply) => reply.body.startsWith(marker))?.body ?? "";
}

function headOf(pull: PullRequest): string {
  return pull.headSha;
}
