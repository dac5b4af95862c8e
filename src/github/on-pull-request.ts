import { audit } from "./audit.ts";
import type { Bot } from "./bot.ts";
import type { PullRequestDelivery } from "./delivery.ts";
import { gatherReview } from "./gather-review.ts";
import { requestPreview } from "./previews.ts";
import { openGate, publishReview } from "./publish-review.ts";
import { type PullRequest, pullRequestsOf, readPullRequest } from "./pull-request.ts";
import type { Repository } from "./repository.ts";
import { cancelOlderThan, cancelQueued, stopRuns } from "./runs.ts";
import { readSettings } from "./settings-file.ts";

/** A pull request was opened, reopened, pushed to, moved to another base, or held. */
export async function onPullRequest(delivery: PullRequestDelivery, repository: Repository, bot: Bot): Promise<void> {
  if (delivery.action === "held") {
    const { number: pullRequest, sender: by } = delivery;
    audit(bot, repository, { on: "label", pullRequest, by, allowed: true, command: "hold" });
    await stopRuns(repository, pullRequest, { kind: "hold", by });
    return;
  }
  if (delivery.action === "unheld") return;
  if (delivery.action === "closed") {
    await cancelQueued(repository, bot, delivery.number, "the pull request was closed");
    // What it objected to at a commit that others have as their head is objected to no more.
    for (const number of await pullRequestsOf(repository, delivery.headSha)) await reviewNow(number, repository, bot);
    return;
  }
  await reviewHead(delivery, repository, bot);
}

/** Reviews a pull request as it is now; by whom its head was pushed stays as it was recorded. */
export async function reviewNow(number: number, repository: Repository, bot: Bot): Promise<void> {
  const pr = await readPullRequest(repository, number);
  await openGate(repository, pr.headSha);
  await reviewAndAsk(pr, repository, bot, undefined);
}

async function reviewHead(delivery: PullRequestDelivery, repository: Repository, bot: Bot): Promise<void> {
  const { number, action, sender } = delivery;
  const pr = await readPullRequest(repository, number);
  if (action === "looked" && !pr.open) return;
  await openGate(repository, pr.headSha, action === "opened" || action === "reopened" || action === "edited");
  if (action === "synchronize" || action === "looked") await cancelOlderThan(repository, bot, number, pr.headSha);
  if (action === "edited") await cancelQueued(repository, bot, number, "the pull request goes onto another branch");
  // Events arrive in any order: the sender pushed this head only if it is the head that the event is about. Whoever opened the
  // pull request may have done so from somebody else's push: that is asked of GitHub's record.
  const pushed = action === "synchronize" && delivery.headSha === pr.headSha;
  await reviewAndAsk(pr, repository, bot, pushed ? sender : undefined);
}

async function reviewAndAsk(pr: PullRequest, repository: Repository, bot: Bot, pusher: string | undefined) {
  const settings = await readSettings(repository);
  const reviewed = await gatherReview(repository, bot, pr, { settings });
  await publishReview(repository, bot, pr, reviewed, pusher);
  await requestPreview(repository, pr, reviewed, bot.clock.now());
}
