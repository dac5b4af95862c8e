import { audit } from "./audit.ts";
import type { Bot } from "./bot.ts";
import { GATE, ownChecks, putCheck } from "./checks.ts";
import type { MergeGroupDelivery } from "./delivery.ts";
import { gatherReview } from "./gather-review.ts";
import { gateOf, letsPass } from "./publish-gate.ts";
import { findPullRequest } from "./pull-request.ts";
import type { Repository } from "./repository.ts";
import { readSettings } from "./settings-file.ts";

/**
 * A merge queue asks whether its commit may become the default branch. The manifests are read at that very commit: a plan that is
 * not the approved one, because of what else is in the queue, waits for an approval of its own, and the queue lets it go.
 */
export async function onMergeGroup(delivery: MergeGroupDelivery, repository: Repository, bot: Bot): Promise<void> {
  const { headSha, number } = delivery;
  const known = (await ownChecks(repository, headSha, GATE))[0];
  const check = { name: GATE, headSha };
  const pr = number === undefined ? undefined : await findPullRequest(repository, number);
  if (pr === undefined) {
    const summary = "The queue's branch names no pull request, so nothing says what was approved.";
    await putCheck(repository, { ...check, state: "failure", title: "Not a known merge queue", summary }, known);
    return;
  }
  const settings = await readSettings(repository);
  const reviewed = await gatherReview(repository, bot, pr, { settings, ref: headSha });
  const checks = await ownChecks(repository, pr.headSha);
  const { conclusion, title, summary, approvers } = await gateOf(repository, pr, reviewed, checks);
  // A queue waits for action_required until it gives up; failure lets the next in the queue go on at once.
  const state = conclusion === "action_required" ? "failure" : conclusion;
  const { plan } = reviewed.review;
  const allowed = letsPass({ conclusion });
  audit(bot, repository, {
    on: "merge-queue",
    pullRequest: pr.number,
    allowed,
    plan,
    head: headSha,
    approvers,
    why: title,
  });
  await putCheck(repository, { ...check, state, title, summary }, known);
}
