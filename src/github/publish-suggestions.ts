import { type Standing, type SuggestionReview, suggestionReview } from "../review/suggestions.ts";
import type { Bot } from "./bot.ts";
import { suggestionsMarker } from "./comments.ts";
import type { Reviewed } from "./gather-review.ts";
import type { PullRequest } from "./pull-request.ts";
import { isOwn, type Repository, where } from "./repository.ts";

/** Says a commit's fixes once, as suggestions; those that stand from an earlier commit are not said again. */
export async function publishSuggestions(
  repository: Repository,
  bot: Bot,
  pr: PullRequest,
  { review, changed }: Reviewed,
): Promise<void> {
  // Most commits have nothing to suggest, and then GitHub is not asked what was said before.
  if (suggestionReview(review, changed) === undefined) return;
  const marker = suggestionsMarker(pr.headSha);
  if (await wasSaid(repository, pr, marker)) return;
  const unsaid = suggestionReview(review, changed, await standing(repository, pr));
  if (unsaid !== undefined) await create(repository, bot, pr, { ...unsaid, body: `${marker}\n${unsaid.body}` });
}

async function wasSaid(repository: Repository, { number }: PullRequest, marker: string): Promise<boolean> {
  const { octokit } = repository;
  const page = { ...where(repository), pull_number: number, per_page: 100 };
  const reviews = await octokit.paginate(octokit.rest.pulls.listReviews, page);
  return reviews.some((review) => isOwn(repository, { user: review.user }) && review.body.startsWith(marker));
}

/** The app's own comments on lines that no later commit has touched; GitHub gives an outdated one no line. */
async function standing(repository: Repository, { number }: PullRequest): Promise<readonly Standing[]> {
  const { octokit } = repository;
  const page = { ...where(repository), pull_number: number, per_page: 100 };
  const comments = await octokit.paginate(octokit.rest.pulls.listReviewComments, page);
  return comments
    .filter((comment) => isOwn(repository, { user: comment.user }))
    .flatMap(({ path, body, line }) => (typeof line === "number" ? { path, body, line } : []));
}

async function create(repository: Repository, bot: Bot, pr: PullRequest, { body, comments }: SuggestionReview) {
  const review = { pull_number: pr.number, commit_id: pr.headSha, event: "COMMENT" as const };
  try {
    const { pulls } = repository.octokit.rest;
    await pulls.createReview({ ...where(repository), ...review, body, comments: [...comments] });
  } catch (error) {
    // 422 = the head moved while its files were listed. The check says the same fixes, and the new head has a review coming.
    if ((error as { status?: unknown }).status !== 422) throw error;
    bot.log.warn({ err: error, pullRequest: pr.number, head: pr.headSha }, "GitHub took no suggestions");
  }
}
