// One verified delivery enters and is worked on by the handler of its kind. Nothing is answered to GitHub from here: whoever
// calls has acknowledged already. A failure of ours turns the gate red, and is logged once with the delivery's id.

import { messageOf } from "../errors.ts";
import { logOf } from "./audit.ts";
import type { Bot } from "./bot.ts";
import type { Delivery } from "./delivery.ts";
import { onCheckRun } from "./on-check-run.ts";
import { onIssueComment } from "./on-issue-comment.ts";
import { onMerge } from "./on-merge.ts";
import { onMergeGroup } from "./on-merge-group.ts";
import { onPullRequest } from "./on-pull-request.ts";
import { onPush } from "./on-push.ts";
import { onReview } from "./on-review.ts";
import { invite } from "./onboarding.ts";
import { type Failed, failGate } from "./publish-review.ts";
import { openPullRequests, readPullRequest } from "./pull-request.ts";
import { openRepository, type Repository } from "./repository.ts";

/** Works on a delivery; rejects after it has been reported when something of ours or of GitHub failed. */
export async function handleDelivery(delivery: Delivery, bot: Bot): Promise<void> {
  const octokit = await bot.clientOf(delivery.repository.installationId);
  const repository = await openRepository(octokit, bot.self, delivery.repository);
  const heard = { ...bot, log: logOf(bot.log, { delivery: delivery.id }) };
  try {
    await dispatch(delivery, repository, heard);
  } catch (error) {
    heard.log.error({ err: error, kind: delivery.kind }, "a delivery failed");
    await reportFailure(delivery, repository, heard, error);
    throw error;
  }
}

function dispatch(delivery: Delivery, repository: Repository, bot: Bot): Promise<void> {
  switch (delivery.kind) {
    case "pull-request":
      return delivery.action === "merged"
        ? onMerge(delivery, repository, bot)
        : onPullRequest(delivery, repository, bot);
    case "comment":
      return onIssueComment(delivery, repository, bot);
    case "merge-group":
      return onMergeGroup(delivery, repository, bot);
    case "installed":
      return invite(repository, bot);
    case "push":
      return onPush(delivery, repository, bot);
    case "review":
      return onReview(delivery, repository, bot);
    case "check":
      return onCheckRun(delivery, repository, bot);
  }
}

/** Reporting may fail for the same reason as the work did; the first failure is the one to mend. */
async function reportFailure(delivery: Delivery, repository: Repository, bot: Bot, error: unknown): Promise<void> {
  const summary = `${messageOf(error)
    .replace(/[`<>@#]/g, "'")
    .slice(0, 1000)}\n\nDelivery \`${delivery.id}\`.`;
  try {
    for (const failed of await headsOf(delivery, repository)) await failGate(repository, bot, failed, summary);
  } catch (second) {
    bot.log.warn({ err: second }, "a failure could not be reported on the pull request");
  }
}

/** The commits on which a failure is shown; a push to the default branch concerns every open pull request. */
async function headsOf(delivery: Delivery, repository: Repository): Promise<readonly Failed[]> {
  const named = "number" in delivery && delivery.number !== undefined ? { pullRequest: delivery.number } : {};
  if ("headSha" in delivery) return [{ headSha: delivery.headSha, ...named }];
  if (delivery.kind === "installed") return [];
  if (delivery.kind === "push")
    return (await openPullRequests(repository)).map(({ headSha, number }) => ({ headSha, pullRequest: number }));
  return [{ headSha: (await readPullRequest(repository, delivery.number)).headSha, ...named }];
}
