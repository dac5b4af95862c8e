import { describe, expect, it } from "vitest";
import type { Experiment } from "../../src/manifest/experiment.ts";
import { effectiveDuration } from "../../src/policy/duration.ts";
import { judge } from "../../src/policy/judge.ts";
import type { Policy } from "../../src/policy/policy.ts";
import { blastRadius } from "../../src/selector/blast-radius.ts";
import { select } from "../../src/selector/select.ts";
import type { PodFact, Snapshot } from "../../src/selector/snapshot.ts";
import { aDelay, aKill, aSkew } from "../fakes/experiment.ts";
import { aClusterWith, aPod, aSelector, pods } from "../fakes/snapshot.ts";

const POLICY: Policy = {
  environment: "staging",
  namespaces: ["staging"],
  pairings: [{ from: "staging-chaos", to: "staging" }],
  protectedNamespaces: ["shared-db"],
  caps: { durationMs: 600_000 },
};

const SEED = "0".repeat(32);
const PLACE = { line: 7, column: 3 };

function codes(experiment: Experiment, policy: Partial<Policy> = {}, snapshot?: Snapshot): readonly string[] {
  const selection = snapshot === undefined ? undefined : select(experiment, snapshot, SEED);
  const findings = judge(experiment, selection, { ...POLICY, ...policy }, () => PLACE, snapshot?.budgets);
  return findings.map(({ code, severity }) => `${severity} ${code}`);
}

function shop(over: Partial<PodFact> = {}): readonly PodFact[] {
  return [
    ...pods("checkout", 10, { labels: { app: "checkout-service" }, ...over }),
    aPod("payment", { labels: { app: "payment-service" }, workload: "Deployment/payment" }),
  ];
}

describe("the boundaries", () => {
  const inNamespace = (namespace: string) => aSelector({ namespaces: [namespace] });
  it.each([
    { name: "let an experiment hit its own namespace", experiment: aDelay(), says: [] },
    { name: "let a granted pairing through", experiment: aDelay({ namespace: "staging-chaos" }), says: [] },
    {
      name: "refuse a foreign namespace, of victims and of peers",
      experiment: aDelay({ namespace: "dev" }),
      says: ["error namespace-foreign", "error namespace-foreign"],
    },
    {
      name: "refuse kube-system even from kube-system",
      experiment: aKill({ namespace: "kube-system", selector: inNamespace("kube-system") }),
      says: ["error namespace-protected"],
    },
    {
      name: "refuse a namespace the settings protect",
      experiment: aKill({ namespace: "shared-db", selector: inNamespace("shared-db") }),
      says: ["error namespace-protected"],
    },
    {
      name: "refuse production from a production manifest in the staging environment",
      experiment: aKill({ namespace: "production", selector: inNamespace("production") }),
      says: ["error namespace-outside-environment"],
    },
    {
      name: "look at pod lists as well",
      experiment: aKill({ selector: aSelector({ pods: { "kube-system": ["dns"] } }) }),
      says: ["error namespace-protected"],
    },
  ])("$name", ({ experiment, says }) => {
    expect(codes(experiment)).toEqual(says);
  });

  it("stand at the line of what they are about", () => {
    const [finding] = judge(aDelay({ namespace: "dev" }), undefined, POLICY, (path) => ({
      line: path.length,
      column: 1,
    }));
    expect(finding).toMatchObject({ path: "spec.selector.namespaces", place: { line: 24 } });
    expect(finding?.fix).toContain("Set metadata.namespace to staging");
  });
});

describe("the caps", () => {
  const { durationMs: _, ...endless } = aDelay();
  it.each([
    {
      name: "let what is inside them through",
      experiment: aDelay(),
      caps: { pods: 3, percent: 30, durationMs: 300_000 },
      says: [],
    },
    {
      name: "refuse more pods",
      experiment: aDelay(),
      caps: { pods: 2, durationMs: 300_000 },
      says: ["error pods-over-cap"],
    },
    {
      name: "refuse a larger share",
      experiment: aDelay(),
      caps: { percent: 29, durationMs: 300_000 },
      says: ["error percent-over-cap"],
    },
    {
      name: "shorten a longer duration and say so",
      experiment: aDelay(),
      caps: { durationMs: 30_000 },
      says: ["notice duration-capped"],
    },
    {
      name: "end what has no duration",
      experiment: endless,
      caps: { durationMs: 30_000 },
      says: ["notice duration-from-cap"],
    },
    { name: "refuse what nothing ends", experiment: endless, caps: {}, says: ["error duration-unbounded"] },
    { name: "ask a one-shot action for no duration", experiment: aKill(), caps: {}, says: [] },
  ])("$name", ({ experiment, caps, says }) => {
    expect(codes(experiment, { caps }, aClusterWith(shop()))).toEqual(says);
  });

  it("take the largest number a random mode may select", () => {
    const random = aDelay({ mode: { kind: "random-max-percent", percent: 50 } });
    expect(codes(random, { caps: { pods: 4, durationMs: 300_000 } }, aClusterWith(shop()))).toEqual([
      "error pods-over-cap",
    ]);
  });

  it("carry the shorter duration", () => {
    expect(effectiveDuration(aDelay(), 30_000)).toEqual({ durationMs: 30_000, cappedFromMs: 300_000 });
    expect(effectiveDuration(aDelay(), 900_000)).toEqual({ durationMs: 300_000 });
  });
});

describe("the shift of a clock", () => {
  const caps = (clockShiftMs?: number) => ({
    durationMs: 600_000,
    ...(clockShiftMs !== undefined && { clockShiftMs }),
  });

  it.each([
    { name: "an hour of the wall clock", clock: aSkew({ offsetMs: -3_600_000 }), policy: caps(), says: [] },
    { name: "a second since boot", clock: sinceBoot(-1000), policy: caps(), says: [] },
    { name: "more than a second", clock: sinceBoot(1001), policy: caps(), says: ["warning clock-shift-felt-by-waits"] },
    { name: "ten seconds", clock: sinceBoot(-10_000), policy: caps(), says: ["warning clock-shift-felt-by-waits"] },
    { name: "more than ten seconds", clock: sinceBoot(10_001), policy: caps(), says: ["error clock-shift-over-cap"] },
    {
      name: "more, where it may be",
      clock: sinceBoot(10_001),
      policy: caps(60_000),
      says: ["warning clock-shift-felt-by-waits"],
    },
    {
      name: "less than ten, where less may be",
      clock: sinceBoot(5000),
      policy: caps(2000),
      says: ["error clock-shift-over-cap"],
    },
  ])("$name: $says", ({ clock, policy, says }) => {
    expect(codes(clock, { caps: policy })).toEqual(says);
  });

  it("goes to containers that are there", () => {
    const unknown = aSkew({ containerNames: ["no-such-container"] });
    expect(codes(unknown, {}, aClusterWith(shop()))).toContain("error container-unknown");
  });

  function sinceBoot(offsetMs: number) {
    return aSkew({ clocks: ["CLOCK_REALTIME", "CLOCK_MONOTONIC"], offsetMs });
  }
});

describe("the victims", () => {
  const { workload: _, ...orphan } = aPod("lone", { labels: { app: "checkout-service" } });
  const budget = {
    namespace: "staging",
    name: "checkout",
    matchLabels: { app: "checkout-service" },
    disruptionsAllowed: 0,
  };
  it.each([
    { name: "must exist", experiment: aKill(), cluster: aClusterWith([]), says: ["error selects-nobody"] },
    {
      name: "must have somebody to talk to",
      experiment: aDelay(),
      cluster: aClusterWith(pods("c", 3, { labels: { app: "checkout-service" } })),
      says: ["error selects-no-peer"],
    },
    {
      name: "must not be the node's own network",
      experiment: aDelay(),
      cluster: aClusterWith(shop({ hostNetwork: true })),
      says: ["error host-network"],
    },
    {
      name: "must have a controller to be killed",
      experiment: aKill(),
      cluster: aClusterWith([orphan]),
      says: ["error pod-without-controller"],
    },
    {
      name: "must leave the disruption budget its pods",
      experiment: aKill(),
      cluster: aClusterWith(shop(), { budgets: [budget] }),
      says: ["error over-disruption-budget"],
    },
    {
      name: "may be many inside the budget",
      experiment: aKill(),
      cluster: aClusterWith(shop(), { budgets: [{ ...budget, disruptionsAllowed: 1 }] }),
      says: [],
    },
  ])("$name", ({ experiment, cluster, says }) => {
    expect(codes(experiment, {}, cluster)).toEqual(says);
  });

  it.each([
    {
      name: "a pod without a controller",
      experiment: aKill(),
      cluster: aClusterWith([...shop(), orphan]),
      says: "1 of the matching pods that may be drawn have no controller",
    },
    {
      name: "a pod on the host's network",
      experiment: aDelay(),
      cluster: aClusterWith([...shop(), aPod("host", { labels: { app: "checkout-service" }, hostNetwork: true })]),
      says: "1 of the matching pods that may be drawn use the host's network",
    },
    {
      name: "a budget that covers some of the matching pods",
      experiment: aKill(),
      cluster: aClusterWith([...shop(), aPod("few", { labels: { app: "checkout-service", few: "yes" } })], {
        budgets: [{ ...budget, matchLabels: { few: "yes" } }],
      }),
      says: "up to 1 pod of disruption budget staging/checkout would go at once",
    },
  ])("of any draw count in a review, and in a run those of its own: $name", ({ experiment, cluster, says }) => {
    const seeds = Array.from({ length: 40 }, (_, seed) => seed.toString(16).padStart(32, "0"));
    const messages = (isReview: boolean) =>
      seeds.map((seed) => {
        const selection = select(experiment, cluster, seed);
        const reach = isReview ? blastRadius(experiment, selection.matched, cluster) : undefined;
        const found = judge(experiment, selection, POLICY, () => PLACE, cluster.budgets, reach);
        return found.filter(({ severity }) => severity === "error").map(({ message }) => message);
      });
    const [first = [], ...others] = messages(true);
    expect(first.join()).toContain(says);
    for (const other of others) expect(other).toEqual(first);
    expect(new Set(messages(false).map((found) => found.length)).size).toBe(2);
  });
});
