import { describe, expect, it } from "vitest";
import { type ApproveFacts, refuseApproval } from "../../../src/github/commands/may-approve.ts";
import { aPullRequest, aReview, runFacts, somebody } from "../facts.ts";

function facts(changes: Partial<ApproveFacts> = {}): ApproveFacts {
  return { ...runFacts(), plan: "p1", pusher: "ada", ...changes };
}

describe("an approval", () => {
  it("counts from a maintainer who neither wrote nor pushed it", () => {
    expect(refuseApproval(facts())).toBeUndefined();
  });

  it.each<{ name: string; rule: string; changes: Partial<ApproveFacts> }>([
    { name: "the author", rule: "four-eyes", changes: { pr: aPullRequest({ author: "grace" }) } },
    { name: "the last pusher", rule: "four-eyes", changes: { pusher: "Grace" } },
    { name: "anybody, when nobody knows who pushed", rule: "four-eyes", changes: { pusher: undefined } },
    { name: "a writer", rule: "may-approve", changes: { by: somebody("dan", "write") } },
    { name: "somebody without a plan", rule: "plan-is-current", changes: { plan: undefined } },
    { name: "somebody with an old plan", rule: "plan-is-current", changes: { plan: "p0" } },
    {
      name: "somebody who approves problems",
      rule: "review-accepts",
      changes: { review: aReview({ outcome: "invalid" }) },
    },
    { name: "anybody on a fork", rule: "no-forks", changes: { pr: aPullRequest({ fromFork: true }) } },
  ])("does not count from $name", ({ rule, changes }) => {
    expect(refuseApproval(facts(changes))?.rule).toBe(rule);
  });
});
