import { describe, expect, it } from "vitest";
import { decideGate, type GateFacts } from "../../src/github/gate.ts";
import { aReview, someSettings } from "./facts.ts";

function facts(changes: Partial<GateFacts> = {}): GateFacts {
  return {
    review: aReview(),
    complete: true,
    settings: someSettings(),
    settingsProblems: 0,
    approvals: 0,
    runs: [],
    ...changes,
  };
}

const runsByHand = someSettings({ runOnMerge: false });

function unpinned() {
  const settings = someSettings();
  const environments = Object.entries(settings.environments).map(([name, { cluster: _, ...rest }]) => [name, rest]);
  return { ...settings, environments: Object.fromEntries(environments) };
}

describe("the gate", () => {
  it.each<{ name: string; is: string; changes: Partial<GateFacts> }>([
    { name: "not every file was listed", is: "failure", changes: { complete: false } },
    {
      name: "not every file was listed and none of the rest is one",
      is: "failure",
      changes: { complete: false, review: aReview({ outcome: "no-experiments" }) },
    },
    {
      name: "a complete look found no experiment",
      is: "skipped",
      changes: { review: aReview({ outcome: "no-experiments", experiments: [] }) },
    },
    {
      name: "a manifest is invalid",
      is: "failure",
      changes: { review: aReview({ outcome: "invalid" }), approvals: 9 },
    },
    { name: "the policy refuses", is: "failure", changes: { review: aReview({ outcome: "refused" }), approvals: 9 } },
    {
      name: "nothing was analysed although something was there",
      is: "failure",
      changes: { review: aReview({ experiments: [] }), approvals: 9 },
    },
    { name: "execution is off", is: "success", changes: { settings: someSettings({ execution: "disabled" }) } },
    {
      name: "the proposed settings have mistakes",
      is: "failure",
      changes: { settingsProblems: 1, review: aReview({ outcome: "no-experiments" }) },
    },
    { name: "no cluster is pinned to run in", is: "success", changes: { settings: unpinned() } },
    { name: "an approval is missing", is: "action_required", changes: {} },
    { name: "it is approved and runs on merge", is: "success", changes: { approvals: 1 } },
    { name: "a run is missing", is: "action_required", changes: { settings: runsByHand } },
    { name: "the run was resilient", is: "success", changes: { settings: runsByHand, runs: ["success"] } },
    { name: "the run found a violation", is: "failure", changes: { settings: runsByHand, runs: ["failure"] } },
    {
      name: "one of the plan's experiments found a violation, whatever the others did",
      is: "failure",
      changes: { settings: runsByHand, runs: ["success", "failure", "success"] },
    },
    {
      name: "one of the plan's experiments was not run, or goes on",
      is: "action_required",
      changes: { settings: runsByHand, runs: ["success", undefined] },
    },
    {
      name: "all of the plan's experiments were resilient",
      is: "success",
      changes: { settings: runsByHand, runs: ["success", "success"] },
    },
    { name: "the run was inconclusive", is: "action_required", changes: { settings: runsByHand, runs: ["neutral"] } },
  ])("is $is when $name", ({ is, changes }) => {
    expect(decideGate(facts(changes)).conclusion).toBe(is);
  });
});
