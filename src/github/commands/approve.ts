import { approversOf, recordApproval } from "../approvals.ts";
import { ownChecks } from "../checks.ts";
import { chooseEnvironment } from "../environment.ts";
import { gatherReview } from "../gather-review.ts";
import { publishGate } from "../publish-gate.ts";
import { reviewMarkOf } from "../pushers.ts";
import { type Answer, type CommandContext, refused } from "./context.ts";
import type { Command } from "./grammar.ts";
import { refuseApproval } from "./may-approve.ts";
import { quoted } from "./refusal.ts";
import { refuseAtOnce } from "./rules.ts";

/** Records an approval of exactly the given plan, and decides the gate anew. */
export async function approve(
  command: Extract<Command, { verb: "approve" }>,
  { repository, bot, delivery, pr, by, settings }: CommandContext,
): Promise<Answer> {
  const environment = chooseEnvironment(settings, command.environment);
  const atOnce = refuseAtOnce("approve", { settings, pr, by, environment, asked: command.environment });
  if (atOnce !== undefined) return refused(command, atOnce);
  const reviewed = await gatherReview(repository, bot, pr, {
    settings,
    ...(environment && { environment: environment.name }),
  });
  const checks = await ownChecks(repository, pr.headSha);
  const pusher = reviewMarkOf(checks)?.pusher;
  const { review } = reviewed;
  const facts = { settings, pr, by, environment, asked: command.environment, plan: command.plan, review, pusher };
  const refusal = refuseApproval(facts);
  if (refusal !== undefined) return refused(command, refusal);
  const mark = {
    plan: review.plan ?? "",
    environment: review.environment,
    login: by.login,
    comment: delivery.comment.id,
  };
  await recordApproval(repository, pr.headSha, mark, checks);
  const now = await ownChecks(repository, pr.headSha);
  await publishGate(repository, bot, pr, reviewed, now);
  const approvers = await approversOf(repository, pr, review, settings, now);
  return { done: true, markdown: approved(mark.plan, review.environment, approvers.length) };
}

function approved(plan: string, environment: string, count: number): string {
  return `Plan ${quoted(plan)} is approved for ${quoted(environment)} (${count} approval${count === 1 ? "" : "s"}). A push voids it.`;
}
