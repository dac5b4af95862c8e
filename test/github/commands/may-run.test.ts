import { describe, expect, it } from "vitest";
import { type RunFacts, refuseRun, whatStandsInTheWay } from "../../../src/github/commands/may-run.ts";
import { NOBODY } from "../../../src/github/people.ts";
import { anExperiment, aPullRequest, aReview, COMMENTED_AT, runFacts, somebody, someSettings } from "../facts.ts";

const recorded = { plan: "p1", environment: "staging", pusher: "grace" };

describe("a run is handed over", () => {
  it.each<{ name: string; changes: Partial<RunFacts> }>([
    { name: "of a plan that was reviewed before the comment", changes: {} },
    { name: "by somebody the settings name", changes: { by: somebody("Olga", "write") } },
    { name: "of the given plan, whoever pushed", changes: { plan: "p1", pushers: ["mallory"] } },
    {
      name: "of the given plan, reviewed later",
      changes: { plan: "p1", recorded: { ...recorded, reviewedAt: COMMENTED_AT + 1 } },
    },
    { name: "when only the commenter pushed", changes: { pushers: ["Grace", "grace"] } },
    { name: "of one manifest", changes: { manifest: "chaos/delay.yaml" } },
  ])("$name", ({ changes }) => {
    expect(refuseRun(runFacts(changes))).toBeUndefined();
  });
});

function unpinned() {
  const { name, settings } = approvals(0);
  const { cluster: _, ...rest } = settings;
  return { name, settings: rest };
}

const approvals = (needed: number) => {
  const settings = someSettings();
  const [name, environment] = Object.entries(settings.environments)[0] ?? [];
  if (name === undefined || environment === undefined) throw new Error("the settings have no environment");
  return { name, settings: { ...environment, approvals: needed } };
};

/** Open for one minute of the week, which is not the one of the facts. */
function closed() {
  const { name, settings } = approvals(0);
  const minute = { days: ["sun" as const], fromMinute: 0, toMinute: 1, zone: "UTC" };
  return { name, settings: { ...settings, times: { windows: [minute], blackouts: [] } } };
}

describe("a run is refused", () => {
  it.each<{ name: string; rule: string; changes: Partial<RunFacts> }>([
    {
      name: "while execution is disabled",
      rule: "execution-enabled",
      changes: { settings: someSettings({ execution: "disabled" }) },
    },
    { name: "in no environment", rule: "environment-known", changes: { environment: undefined, asked: "prod" } },
    { name: "where no cluster is pinned", rule: "environment-pinned", changes: { environment: unpinned() } },
    { name: "by a writer without the capability", rule: "may-run", changes: { by: somebody("dan", "write") } },
    { name: "from a fork", rule: "no-forks", changes: { pr: aPullRequest({ fromFork: true }) } },
    { name: "onto another branch", rule: "default-branch", changes: { pr: aPullRequest({ baseBranch: "release" }) } },
    { name: "on hold", rule: "not-held", changes: { pr: aPullRequest({ labels: ["chaos:hold"] }) } },
    { name: "outside of every window", rule: "within-window", changes: { environment: closed() } },
    { name: "of an invalid manifest", rule: "review-accepts", changes: { review: aReview({ outcome: "invalid" }) } },
    { name: "against the policy", rule: "review-accepts", changes: { review: aReview({ outcome: "refused" }) } },
    { name: "of nothing", rule: "review-accepts", changes: { review: aReview({ outcome: "no-experiments" }) } },
    { name: "of an unknown manifest", rule: "manifest-known", changes: { manifest: "chaos/other.yaml" } },
    { name: "of a plan whose head has moved", rule: "plan-is-current", changes: { plan: "p0" } },
    { name: "before the review", rule: "plan-is-current", changes: { recorded: undefined } },
    {
      name: "when a push came between review and comment",
      rule: "plan-is-current",
      changes: { recorded: { ...recorded, plan: "p0", reviewedAt: COMMENTED_AT - 5000 } },
    },
    {
      name: "reviewed after the comment",
      rule: "plan-is-current",
      changes: { recorded: { ...recorded, reviewedAt: COMMENTED_AT + 2000 } },
    },
    {
      name: "reviewed in the comment's own second",
      rule: "plan-is-current",
      changes: { recorded: { ...recorded, reviewedAt: COMMENTED_AT } },
    },
    { name: "when somebody else pushed", rule: "plan-is-current", changes: { pushers: ["grace", "mallory"] } },
    { name: "when nobody knows who pushed", rule: "plan-is-current", changes: { pushers: [undefined] } },
    {
      name: "without an objective",
      rule: "has-objective",
      changes: { review: aReview({ experiments: [anExperiment({ objectives: [] })] }) },
    },
    {
      name: "with an objective nobody defined",
      rule: "has-objective",
      changes: { review: aReview({ experiments: [anExperiment({ objectives: ["x"] })] }) },
    },
    { name: "short of approvals", rule: "approvals", changes: { environment: approvals(1) } },
  ])("$name", ({ rule, changes }) => {
    expect(refuseRun(runFacts(changes))?.rule).toBe(rule);
  });

  it.each([
    { who: "somebody", by: somebody("grace", "maintain"), others: "of others than `grace`" },
    { who: "nobody yet", by: NOBODY, others: "of others than whoever asks" },
  ])("in production for want of others' approvals than those of whom $who asked for", ({ by, others }) => {
    const { name, settings } = approvals(1);
    const stands = whatStandsInTheWay(
      runFacts({ by, environment: { name, settings: { ...settings, production: true } } }),
    );
    expect(stands.find(({ rule }) => rule === "approvals")?.why).toContain(others);
    expect(JSON.stringify(stands)).not.toContain("ghost");
  });

  it("because its head moved says the new plan and the command to copy", () => {
    const refusal = refuseRun(runFacts({ plan: "p0" }));
    expect(refusal?.next).toContain("/chaos run --env staging --plan p1");
  });

  it("says which role there is and which is needed", () => {
    const why = refuseRun(runFacts({ by: somebody("dan", "write") }))?.why;
    expect(why).toContain("`write`");
    expect(why).toContain("`maintain` or `admin` or `olga`");
  });
});
