import type { Review } from "../../review/review.ts";
import { quoted, type Refusal } from "./refusal.ts";
import {
  capabilityRule,
  type Executing,
  environmentRule,
  executionRule,
  firstRefusal,
  forkRule,
  type Rule,
} from "./rules.ts";

export type ApproveFacts = Executing & {
  readonly plan: string | undefined;
  readonly review: Review;
  /** Who pushed the head; undefined when the bot did not see it. */
  readonly pusher: string | undefined;
};

/** Whether an approval counts. It binds to a plan and is never inferred from a comment alone. */
export function refuseApproval(facts: ApproveFacts): Refusal | undefined {
  return firstRefusal(RULES, facts);
}

const RULES: readonly Rule<ApproveFacts>[] = [
  executionRule,
  environmentRule,
  (facts) => capabilityRule("approve", facts),
  forkRule,
  independenceRule,
  planRule,
];

function independenceRule({ by, pr, pusher }: ApproveFacts): Refusal | undefined {
  const is = (login: string): boolean => login.toLowerCase() === by.login.toLowerCase();
  if (!is(pr.author) && pusher !== undefined && !is(pusher)) return undefined;
  const why = is(pr.author)
    ? `${quoted(by.login)} is the author of the pull request`
    : pusher === undefined
      ? "the bot did not see who pushed the head"
      : `${quoted(by.login)} pushed the head`;
  const next =
    pusher === undefined ? "push again, or close and reopen the pull request" : "ask somebody else who may approve";
  return { rule: "four-eyes", why, next };
}

function planRule({ plan, review, asked }: ApproveFacts): Refusal | undefined {
  if (review.plan === undefined || review.outcome !== "reviewed") {
    return {
      rule: "review-accepts",
      why: "there is no plan to approve: a manifest has problems or the policy refuses it",
      next: "see the check `chaos / review`",
    };
  }
  if (plan === review.plan) return undefined;
  return {
    rule: "plan-is-current",
    why: plan === undefined ? "an approval names its plan" : `plan ${quoted(plan)} is not the current one`,
    next: `read the review, then: \`/chaos approve${asked === undefined ? "" : ` --env ${asked}`} --plan ${review.plan}\``,
  };
}
