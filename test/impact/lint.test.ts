import { describe, expect, it } from "vitest";
import { IMPACT_RULES } from "../../src/impact/codes.ts";
import { lintImpact } from "../../src/impact/lint.ts";
import { liveFacts } from "../../src/impact/live-facts.ts";
import { type Failing, type Guarded, predictGuard } from "../../src/impact/predict-guard.ts";
import type { ServiceModel } from "../../src/impact/service-model.ts";
import type { Experiment } from "../../src/manifest/experiment.ts";
import { select } from "../../src/selector/select.ts";
import type { Snapshot } from "../../src/selector/snapshot.ts";
import { longestRangeSeconds } from "../../src/slo/range.ts";
import { aDelay, aKill } from "../fakes/experiment.ts";
import { aClusterWith, aPod, pods } from "../fakes/snapshot.ts";

const CHECKOUT = { name: "checkout", namespace: "staging", labels: { app: "checkout-service" } } as const;
const PAYMENT: ServiceModel = { name: "payment", namespace: "staging", labels: { app: "payment-service" }, calls: [] };
const PROBE = { timeoutSeconds: 1, periodSeconds: 10, failureThreshold: 3 };

type Call = ServiceModel["calls"][number];

function services(call: Partial<Call> = {}, checkout: Partial<ServiceModel> = {}, payment: Partial<ServiceModel> = {}) {
  const calls = [{ to: "payment", perRequest: 1, retries: 0, rttMs: 2, ...call }];
  return [
    { ...CHECKOUT, calls, ...checkout },
    { ...PAYMENT, ...payment },
  ];
}

function delayed(latencyMs: number, jitterMs = 0): Experiment {
  return aDelay({ network: { ...aDelay().network, netem: { delay: { latencyMs, jitterMs, correlation: 0 } } } });
}

const PARTITION = aDelay({ network: { ...aDelay().network, action: "partition", netem: {} } });

function cluster(over: { readonly probes?: "liveness" | "readiness"; readonly proxied?: boolean } = {}): Snapshot {
  const main = { name: "main", ...(over.probes && { [over.probes]: PROBE }) };
  return aClusterWith([
    ...pods("checkout", 4, { labels: { app: "checkout-service" }, containers: [main] }),
    aPod("payment", { labels: { app: "payment-service" }, hostNetwork: over.proxied === true }),
  ]);
}

function codes(experiment: Experiment, model: readonly ServiceModel[], snapshot: Snapshot = cluster()) {
  const selection = select(experiment, snapshot, "0".repeat(32));
  const place = () => ({ line: 1, column: 1 });
  return lintImpact(experiment, selection, model, place, liveFacts(snapshot, model)).map(({ code }) => code);
}

describe("the model's rules", () => {
  it.each([
    { code: "error-test", is: delayed(150), not: delayed(50), model: services({ timeoutMs: 100, serviceTimeMs: 5 }) },
    { code: "error-test", is: delayed(100), not: delayed(100, 10), model: services({ timeoutMs: 100 }) },
    {
      code: "pool-saturates",
      is: delayed(150),
      not: delayed(50),
      model: services({}, { ratePerSecond: 1000, pool: 100 }),
    },
    { code: "spurious-retransmission", is: delayed(201), not: delayed(200), model: services() },
    { code: "syn-repeated", is: delayed(1100), not: delayed(900), model: services() },
    { code: "queue-drops", is: delayed(200), not: delayed(100), model: services({}, { ratePerSecond: 30_000 }) },
    { code: "queue-drops", is: delayed(200), not: delayed(0), model: services({ windowBytes: 3_145_728 }) },
    {
      code: "retries-metastable",
      is: PARTITION,
      not: delayed(20),
      model: services({ timeoutMs: 100, serviceTimeMs: 50, retries: 3 }, { ratePerSecond: 60 }, { pool: 5 }),
    },
  ])("say $code of a fault, and not of a lesser one", ({ code, is, not, model }) => {
    expect(codes(is, model)).toContain(code);
    expect(codes(not, model)).not.toContain(code);
  });

  it("say nothing of metastability where retries are few or workers many", () => {
    const call = { timeoutMs: 100, serviceTimeMs: 50, retries: 3 };
    expect(codes(PARTITION, services({ ...call, retries: 0 }, { ratePerSecond: 60 }, { pool: 5 }))).toEqual([]);
    expect(codes(PARTITION, services(call, { ratePerSecond: 60 }, { pool: 50 }))).toEqual([]);
  });

  it("say that a caller gives up before the call below it", () => {
    const gateway = (timeoutMs: number): ServiceModel => {
      const calls = [{ to: "checkout", perRequest: 1, retries: 0, timeoutMs }];
      return { name: "gateway", namespace: "staging", labels: { app: "gateway" }, calls };
    };
    const model = services({ timeoutMs: 200, retries: 2 });
    expect(codes(delayed(50), [...model, gateway(600)])).toEqual(["timeout-outlived"]);
    expect(codes(delayed(50), [...model, gateway(601)])).toEqual([]);
  });

  it.each([
    { code: "liveness-restarts", probes: "liveness" },
    { code: "readiness-shifts-load", probes: "readiness" },
  ] as const)("say $code where the fault meets the node's probes, and not of peers elsewhere", ({ code, probes }) => {
    expect(codes(delayed(1100), [], cluster({ probes, proxied: true }))).toEqual([code]);
    expect(codes(delayed(900), [], cluster({ probes, proxied: true }))).toEqual([]);
    expect(codes(delayed(1100), [], cluster({ probes }))).toEqual([]);
    expect(codes(delayed(1100), [], cluster({ proxied: true }))).toEqual([]);
  });

  it("say whether the rest survives what a kill takes away", () => {
    const model = services({ serviceTimeMs: 100 }, { ratePerSecond: 250, pool: 40 });
    expect(codes(aKill({ mode: { kind: "fixed", count: 2 } }), model)).toEqual(["rest-overloaded"]);
    expect(codes(aKill({ mode: { kind: "fixed", count: 1 } }), model)).toEqual([]);
  });

  it("say nothing without a model of the calls", () => {
    expect(codes(delayed(5000), [])).toEqual([]);
  });
});

describe("a guard", () => {
  const GUARDED: Guarded = { objective: "errors", threshold: 0.02, usual: 0.001, windowSeconds: 60, maxAgeSeconds: 5 };
  const FAILING: Failing = {
    subject: "checkout -> payment",
    share: 0.3,
    rate: { name: "arrival rate", value: 100, unit: "1/s", from: "settings" },
  };
  const BUDGET = { promise: 0.999, periodSeconds: 30 * 86_400, spend: 0.001 };

  it("sees 30 % of errors 4 s to 11 s after they begin, and never what stays below its threshold", () => {
    const [detects] = predictGuard(GUARDED, FAILING, 300).predictions;
    expect(detects).toMatchObject({ id: "guard-detects", interval: [4, 11] });
    expect(predictGuard(GUARDED, { ...FAILING, share: 0.02 }, 300)).toEqual({ predictions: [], remarks: [] });
  });

  it("spends (11 + 1) s of 30 % of a budget of 2592 s, up to (11 + 45) s when the runner dies", () => {
    const found = predictGuard({ ...GUARDED, budget: BUDGET }, FAILING, 300);
    const spent = found.predictions.find(({ id }) => id === "budget-spent");
    expect(spent?.value).toBeCloseTo((12 * 0.3) / 2592, 12);
    expect(spent?.interval?.[1]).toBeCloseTo((56 * 0.3) / 2592, 12);
    expect(found.remarks.map(({ code }) => code)).toEqual(["guard-too-slow"]);
    const generous = { ...BUDGET, spend: 0.01 };
    expect(predictGuard({ ...GUARDED, budget: generous }, FAILING, 300).remarks).toEqual([]);
  });

  it("cannot tell 2 % from chance with a request a second for a minute, and can in ten minutes", () => {
    const rare: Failing = { ...FAILING, rate: { ...FAILING.rate, value: 1 } };
    expect(predictGuard(GUARDED, rare, 60).remarks.map(({ code }) => code)).toEqual(["rate-too-low"]);
    expect(predictGuard(GUARDED, rare, 600).remarks).toEqual([]);
  });

  it.each([
    { query: "sum(rate(a[1m])) / sum(rate(b[5m]))", seconds: 300 },
    { query: 'histogram_quantile(0.99, rate(c{le="[1h]x"}[1h30m]))', seconds: 5400 },
    { query: "max_over_time(d[500ms:100ms])", seconds: 0.5 },
    { query: "checkout:error_ratio", seconds: undefined },
  ])("looks back as far as the longest range of $query", ({ query, seconds }) => {
    expect(longestRangeSeconds(query)).toBe(seconds);
  });
});

it("has a test for every rule", async () => {
  const { readFile } = await import("node:fs/promises");
  const text = await readFile(import.meta.filename, "utf8");
  expect(Object.keys(IMPACT_RULES).filter((code) => !text.includes(`"${code}"`))).toEqual([]);
});
