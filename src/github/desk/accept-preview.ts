import type { Snapshot } from "../../selector/snapshot.ts";
import type { Bot } from "../bot.ts";
import { setDeploymentStatus } from "../deployments.ts";
import { gatherReview } from "../gather-review.ts";
import { queuedPreviews } from "../previews.ts";
import { publishReview } from "../publish-review.ts";
import { readPullRequest } from "../pull-request.ts";
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
      await publishReview(repository, bot, pr, reviewed);
    }
    // Answered questions leave the queue, and the page's list of active deployments too.
    await setDeploymentStatus(repository, preview.id, "inactive", "the review is completed");
  }
  return { accepted: true };
}
