import type { Snapshot } from "../../selector/snapshot.ts";
import type { Bot } from "../bot.ts";
import { ownChecks } from "../checks.ts";
import { renderDryRun } from "../commands/dry-run.ts";
import { whatStandsInTheWay } from "../commands/may-run.ts";
import { gatherRunFacts } from "../commands/run-facts.ts";
import { putComment, replyMarker } from "../comments.ts";
import { setDeploymentStatus } from "../deployments.ts";
import { gatherReview, type Reviewed } from "../gather-review.ts";
import { NOBODY } from "../people.ts";
import { queuedPreviews } from "../previews.ts";
import { audienceOf, publishReview } from "../publish-review.ts";
import { type PullRequest, readPullRequest } from "../pull-request.ts";
import type { Repository } from "../repository.ts";
import { readSettings } from "../settings-file.ts";

type Answered = {
  readonly previewId: string;
  readonly snapshot: Snapshot;
  /** Environments for which the answering key is pinned. */
  readonly environments: readonly string[];
};

/** Completes a review with what the cluster looks like; an answer to a question of an older head changes nothing. */
export async function acceptPreview(
  repository: Repository,
  bot: Bot,
  { previewId, snapshot, environments }: Answered,
): Promise<{ readonly accepted: true }> {
  for (const environment of environments) {
    const asked = await queuedPreviews(repository, environment);
    const preview = asked.find(({ id }) => String(id) === previewId);
    if (preview === undefined) continue;
    const pr = await readPullRequest(repository, preview.payload.pullRequest);
    if (pr.open && pr.headSha === preview.sha) {
      const settings = await readSettings(repository);
      const reviewed = await gatherReview(repository, bot, pr, { settings, environment, snapshot });
      if (preview.payload.comment === undefined) await publishReview(repository, bot, pr, reviewed);
      else await answerDryRun(repository, bot, pr, reviewed, preview.payload.comment);
    }
    // Answered questions leave the queue, and the page's list of active deployments too.
    await setDeploymentStatus(repository, preview.id, "inactive", "the review is completed");
  }
  return { accepted: true };
}

/** A dry run's answer grows by what the cluster said; checks and the review's own comment stay as they are. */
async function answerDryRun(
  repository: Repository,
  bot: Bot,
  pr: PullRequest,
  reviewed: Reviewed,
  comment: number,
): Promise<void> {
  const { review } = reviewed;
  const checks = await ownChecks(repository, pr.headSha);
  const request = {
    manifest: undefined,
    plan: review.plan,
    commentedAt: 0,
    pushers: [],
    environment: review.environment,
  };
  const facts = await gatherRunFacts(repository, bot, pr, NOBODY, reviewed, checks, request);
  const text = renderDryRun(review, audienceOf(repository, pr), whatStandsInTheWay(facts));
  await putComment(repository, pr.number, replyMarker(comment), text);
}
