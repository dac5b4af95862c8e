import { approversOf } from "../approvals.ts";
import type { Bot } from "../bot.ts";
import type { Check } from "../checks.ts";
import { chooseEnvironment } from "../environment.ts";
import type { Reviewed } from "../gather-review.ts";
import { lockOf } from "../locks.ts";
import type { Standing } from "../people.ts";
import type { PullRequest } from "../pull-request.ts";
import { reviewMarkOf } from "../pushers.ts";
import type { Repository } from "../repository.ts";
import type { RunFacts } from "./may-run.ts";

export type Asked = Pick<RunFacts, "manifest" | "plan" | "commentedAt" | "pushers"> & { readonly environment?: string };

/** Gathers all that decides whether a reviewed plan may run at this moment. */
export async function gatherRunFacts(
  repository: Repository,
  bot: Bot,
  pr: PullRequest,
  by: Standing,
  { review, settings }: Pick<Reviewed, "review" | "settings">,
  checks: readonly Check[],
  { environment: asked, ...request }: Asked,
): Promise<RunFacts> {
  const nowMs = bot.clock.now();
  // Where nothing can run there is nothing to lock, and one question less for GitHub.
  const lock = review.execution?.state === "nowhere" ? undefined : await lockOf(repository, review.environment, nowMs);
  return {
    ...request,
    settings,
    pr,
    by,
    review,
    recorded: reviewMarkOf(checks),
    environment: chooseEnvironment(settings, asked ?? review.environment),
    asked,
    defaultBranch: repository.defaultBranch,
    approvers: await approversOf(repository, pr, review, settings, checks),
    ...(lock !== undefined && { lock }),
    nowMs,
  };
}
