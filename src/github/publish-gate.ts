// What the required check says at a commit. A check belongs to the commit and not to a pull request: where a commit is the head of
// several, what the strictest of them waits for is what all of them show.

import type { Review } from "../review/review.ts";
import { approversOf } from "./approvals.ts";
import { audit } from "./audit.ts";
import type { Bot } from "./bot.ts";
import { type Check, GATE, putCheck, runCheckName } from "./checks.ts";
import { reviewedEnvironment } from "./environment.ts";
import { decideGate, type Gate } from "./gate.ts";
import { gatherReview, type Reviewed } from "./gather-review.ts";
import { documentMark, readProgressMark, writeGateMark } from "./marks.ts";
import { type PullRequest, pullRequestsOf, readPullRequest } from "./pull-request.ts";
import type { Repository } from "./repository.ts";
import { settingsDigest } from "./settings-file.ts";

/**
 * Decides the gate anew from what stands at the head now. A review for another environment than that of the gate decides nothing:
 * what an environment with laxer people approved or ran is no reason to let anything merge.
 */
export async function publishGate(
  repository: Repository,
  bot: Bot,
  pr: PullRequest,
  reviewed: Reviewed,
  checks: readonly Check[],
): Promise<void> {
  const { review, settings } = reviewed;
  if (review.environment !== reviewedEnvironment(settings)) return;
  const own = await gateOf(repository, pr, reviewed, checks);
  const against = letsPass(own) ? await objectionOfAnother(repository, bot, pr, reviewed, checks) : undefined;
  const { conclusion: state, title, summary } = against ?? own;
  const known = checks.find(({ name }) => name === GATE);
  if (known?.conclusion !== state) {
    const allowed = letsPass({ conclusion: state });
    const { number: pullRequest, headSha: head } = pr;
    const { approvers } = own;
    audit(bot, repository, { on: "gate", pullRequest, allowed, plan: review.plan, head, approvers, why: title });
  }
  const externalId = writeGateMark(settingsDigest(settings));
  await putCheck(repository, { name: GATE, headSha: pr.headSha, externalId, state, title, summary }, known);
}

type Decided = Gate & { readonly approvers: readonly string[] };

/** The gate of one pull request, whoever else has its head, and whose approvals it counted. */
export async function gateOf(
  repository: Repository,
  pr: PullRequest,
  reviewed: Reviewed,
  checks: readonly Check[],
): Promise<Decided> {
  const approvers = await approversOf(repository, pr, reviewed.review, reviewed.settings, checks);
  const gate = decideGate({
    ...reviewed,
    settingsProblems: reviewed.settingsProblems.length,
    approvals: approvers.length,
    runs: conclusionsOfRuns(checks, reviewed.review),
  });
  return { ...gate, approvers: approvers.map(({ login }) => login) };
}

/** GitHub lets skipped pass a required check as it does success. */
export function letsPass({ conclusion }: Pick<Gate, "conclusion">): boolean {
  return conclusion === "success" || conclusion === "skipped";
}

/** The same commit onto another branch changes other files: a branch that holds the experiment already would skip its gate. */
async function objectionOfAnother(
  repository: Repository,
  bot: Bot,
  pr: PullRequest,
  { settings }: Reviewed,
  checks: readonly Check[],
): Promise<Gate | undefined> {
  for (const number of await pullRequestsOf(repository, pr.headSha)) {
    if (number === pr.number) continue;
    const other = await readPullRequest(repository, number);
    const gate = await gateOf(repository, other, await gatherReview(repository, bot, other, { settings }), checks);
    if (letsPass(gate)) continue;
    const why = `This commit is also the head of #${number}, and a check belongs to its commit.`;
    return { ...gate, title: `#${number}: ${gate.title}`, summary: `${why} ${gate.summary}` };
  }
  return undefined;
}

/** Of each experiment of the plan what its newest run in this environment concluded; undefined while that goes on, or without one. */
function conclusionsOfRuns(checks: readonly Check[], review: Review): readonly (string | undefined)[] {
  const { environment, plan, experiments } = review;
  const runs = checks.flatMap((check) => {
    const mark = check.name === runCheckName(environment) ? readProgressMark(check.text) : undefined;
    return mark?.plan === plan ? [{ check, document: mark?.document }] : [];
  });
  return experiments.map((one) => runs.find(({ document }) => document === documentMark(one))?.check.conclusion);
}
