import { audit } from "./audit.ts";
import type { Bot } from "./bot.ts";
import { ownChecks } from "./checks.ts";
import type { CheckDelivery } from "./delivery.ts";
import { gatherReview } from "./gather-review.ts";
import { mayWrite, standingOf } from "./people.ts";
import { requestPreview } from "./previews.ts";
import { publishReview } from "./publish-review.ts";
import { pullRequestsOf, readPullRequest } from "./pull-request.ts";
import type { Repository } from "./repository.ts";
import { type QueuedRun, queuedRuns, stopRuns } from "./runs.ts";
import { liveSchedules } from "./schedules.ts";
import { readSettings } from "./settings-file.ts";

/** Somebody pressed `Re-run` on a check, or `Abort now` on a run's. */
export async function onCheckRun(delivery: CheckDelivery, repository: Repository, bot: Bot): Promise<void> {
  if (delivery.appId !== bot.self.appId || delivery.senderType === "Bot") return;
  return delivery.action === "abort" ? abort(delivery, repository, bot) : reviewAgain(delivery, repository, bot);
}

/** The button has the same bar as the command: write access, nothing more. */
async function abort({ checkId, headSha, sender }: CheckDelivery, repository: Repository, bot: Bot): Promise<void> {
  const checks = await ownChecks(repository, headSha);
  const check = checks.find(({ id }) => id === checkId);
  const isOf = ({ payload }: QueuedRun) => check?.externalId.startsWith(`${payload.ticketId}-`);
  const run = (await queuedRuns(repository)).find(isOf) ?? (await liveSchedules(repository)).find(isOf);
  if (check === undefined || run === undefined) return;
  const allowed = mayWrite(await standingOf(repository, sender));
  const { pullRequest, ticketId: ticket } = run.payload;
  audit(bot, repository, { on: "button", pullRequest, by: sender, allowed, ticket, command: "abort" });
  if (!allowed) return;
  await stopRuns(repository, pullRequest, { kind: "abort", by: sender, runId: check.externalId });
}

/** Looks again; who pushed stays as it was recorded. A run is never started by pressing a button. */
async function reviewAgain({ headSha }: CheckDelivery, repository: Repository, bot: Bot): Promise<void> {
  const settings = await readSettings(repository);
  for (const number of await pullRequestsOf(repository, headSha)) {
    const pr = await readPullRequest(repository, number);
    const reviewed = await gatherReview(repository, bot, pr, { settings });
    await publishReview(repository, bot, pr, reviewed);
    await requestPreview(repository, pr, reviewed, bot.clock.now());
  }
}
