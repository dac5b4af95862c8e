import type { Bot } from "./bot.ts";
import type { PullRequestDelivery } from "./delivery.ts";
import { gatherReview } from "./gather-review.ts";
import { requestPreview } from "./previews.ts";
import { openGate, publishReview } from "./publish-review.ts";
import { readPullRequest } from "./pull-request.ts";
import type { Repository } from "./repository.ts";
import { cancelOlderThan, stopRuns } from "./runs.ts";
import { readSettings } from "./settings-file.ts";

/** A pull request was opened, reopened, pushed to, moved to another base, or held. */
export async function onPullRequest(delivery: PullRequestDelivery, repository: Repository, bot: Bot): Promise<void> {
  if (delivery.action === "held") {
    await stopRuns(repository, delivery.number, { kind: "hold", by: delivery.sender });
    return;
  }
  if (delivery.action === "unheld") return;
  await reviewHead(delivery, repository, bot);
}

async function reviewHead(delivery: PullRequestDelivery, repository: Repository, bot: Bot): Promise<void> {
  const { number, action, sender } = delivery;
  const pr = await readPullRequest(repository, number);
  await openGate(repository, pr.headSha);
  if (action === "synchronize") await cancelOlderThan(repository, number, pr.headSha, bot.clock.now());
  const settings = await readSettings(repository);
  const reviewed = await gatherReview(repository, bot, pr, { settings });
  // Events arrive in any order: the sender pushed this head only if it is the head that the event is about.
  const pushed = (action === "opened" || action === "synchronize") && delivery.headSha === pr.headSha;
  await publishReview(repository, bot, pr, reviewed, pushed ? sender : undefined);
  await requestPreview(repository, pr, reviewed, bot.clock.now());
}
