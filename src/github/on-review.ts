import type { Bot } from "./bot.ts";
import { ownChecks } from "./checks.ts";
import type { ReviewDelivery } from "./delivery.ts";
import { gatherReview } from "./gather-review.ts";
import { publishGate } from "./publish-gate.ts";
import { readPullRequest } from "./pull-request.ts";
import type { Repository } from "./repository.ts";
import { readSettings } from "./settings-file.ts";

/** Somebody's review decided something: the gate is decided anew from all reviews as they stand now. */
export async function onReview({ number }: ReviewDelivery, repository: Repository, bot: Bot): Promise<void> {
  const pr = await readPullRequest(repository, number);
  if (!pr.open) return;
  const reviewed = await gatherReview(repository, bot, pr, { settings: await readSettings(repository) });
  await publishGate(repository, bot, pr, reviewed, await ownChecks(repository, pr.headSha));
}
