import type { Audience } from "../../review/audience.ts";
import { renderComment } from "../../review/comment.ts";
import type { Review } from "../../review/review.ts";
import { chooseEnvironment } from "../environment.ts";
import { gatherReview } from "../gather-review.ts";
import { requestPreview } from "../previews.ts";
import { type Answer, type CommandContext, refused } from "./context.ts";
import type { Command } from "./grammar.ts";
import { quoted, type Refusal, renderBlockers } from "./refusal.ts";
import { environmentRule, firstRefusal, forkRule, pinnedRule } from "./rules.ts";

/** Asks the environment's runner for its live pods; what comes back is written into this very answer. Injects nothing. */
export async function dryRun(command: Extract<Command, { verb: "dry-run" }>, context: CommandContext): Promise<Answer> {
  const { repository, bot, delivery, pr, by, settings } = context;
  const environment = chooseEnvironment(settings, command.environment);
  const facts = { settings, pr, by, environment, asked: command.environment };
  const refusal = firstRefusal([environmentRule, pinnedRule, forkRule], facts);
  if (refusal !== undefined || environment === undefined) return refused(command, refusal ?? NOTHING);
  const reviewed = await gatherReview(repository, bot, pr, { settings, environment: environment.name });
  if (reviewed.review.experiments.length === 0) return refused(command, NOTHING);
  await requestPreview(repository, pr, reviewed, bot.clock.now(), delivery.comment.id);
  const name = quoted(environment.name);
  return { done: true, markdown: `Asked the runner of ${name} which pods would be hit; its answer will stand here.` };
}

const NOTHING: Refusal = {
  rule: "review-accepts",
  why: "there is no experiment that could be tried",
  next: "see the check `chaos / review`",
};

/** What a dry run found: the review with the live pods, and what would refuse a run at this moment. */
export function renderDryRun(review: Review, audience: Audience, blockers: readonly Refusal[]): string {
  const stands = blockers.length === 0 ? "Nothing else would refuse a run now." : renderBlockers(blockers);
  const head = `**Dry run** in ${quoted(review.environment)}: the live pods of this moment; nothing was injected.`;
  return [head, stands, renderComment(review, { audience })].join("\n\n");
}
