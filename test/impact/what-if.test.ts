import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { predict } from "../../src/impact/predict.ts";
import { meanRetransmissionWaitSeconds, waitsAtLeast } from "../../src/impact/retransmission.ts";
import type { ServiceModel } from "../../src/impact/service-model.ts";
import { type Change, largestHarmless, limitsOf, parseChange, withChange } from "../../src/impact/what-if.ts";
import { select } from "../../src/selector/select.ts";
import { aDelay } from "../fakes/experiment.ts";
import { aClusterWith, aPod, pods } from "../fakes/snapshot.ts";
import { chanceFrom } from "./simulation.ts";
import { sureFigure } from "./sure.ts";

const CLUSTER = aClusterWith([
  ...pods("checkout", 10, { labels: { app: "checkout-service" } }),
  aPod("payment", { labels: { app: "payment-service" } }),
]);

function services(timeoutMs?: number): readonly ServiceModel[] {
  const call = { to: "payment", perRequest: 1, retries: 0, rttMs: 2, serviceTimeMs: 0 };
  const calls = [{ ...call, ...(timeoutMs !== undefined && { timeoutMs }) }];
  return [
    {
      name: "checkout",
      namespace: "staging",
      labels: { app: "checkout-service" },
      ratePerSecond: 1000,
      pool: 200,
      calls,
    },
    { name: "payment", namespace: "staging", labels: { app: "payment-service" }, calls: [] },
  ];
}

function at(change: Change, timeoutMs?: number) {
  const changed = withChange(
    aDelay({ network: { ...aDelay().network, netem: { delay: { latencyMs: 500, jitterMs: 0, correlation: 0 } } } }),
    change,
  );
  return predict(changed, select(changed, CLUSTER, "0".repeat(32)), services(timeoutMs)).predictions;
}

const DELAY = { step: 1, most: 60_000 } as const;

describe("what if", () => {
  it.each([
    { text: "delay=200ms", change: { delayMs: 200 } },
    { text: "delay=1.5s", change: { delayMs: 1500 } },
    { text: "loss=1%", change: { lossPercent: 1 } },
    { text: "loss=0.5,delay=1s", change: { delayMs: 1000, lossPercent: 0.5 } },
    { text: "delay=200", change: undefined },
    { text: "delay=-1s", change: undefined },
    { text: "loss=101%", change: undefined },
    { text: "delay=1s,delay=2s", change: undefined },
    { text: "jitter=1ms", change: undefined },
    { text: "", change: undefined },
  ])("reads $text", ({ text, change }) => {
    expect(parseChange(text)).toEqual(change);
  });

  it("changes what is asked about and leaves the rest as it is written", () => {
    const lossy = withChange(aDelay(), { lossPercent: 1 });
    expect(lossy.kind === "NetworkChaos" && lossy.network.netem).toMatchObject({
      delay: { latencyMs: 500, jitterMs: 50 },
      loss: { percent: 1 },
    });
    const short = withChange(aDelay(), { delayMs: 20 });
    expect(short.kind === "NetworkChaos" && short.network.netem.delay).toMatchObject({ latencyMs: 20, jitterMs: 20 });
  });

  it("finds 199 ms as the largest delay that 200 threads bear at 1000 a second, and says what breaks first", () => {
    const found = largestHarmless((delayMs) => at({ delayMs }), limitsOf({}), DELAY);
    expect(found).toEqual({ kind: "up-to", value: 199, breaks: "the pool fills up" });
    expect(at({ delayMs: 199 }).some(({ id }) => id === "time-to-saturation")).toBe(false);
    expect(at({ delayMs: 200 }).some(({ id }) => id === "time-to-saturation")).toBe(true);
  });

  it("keeps below the timeout, and below the objective's bound where there is one", () => {
    const timeouts = largestHarmless((delayMs) => at({ delayMs }, 100), limitsOf({}), DELAY);
    expect(timeouts).toEqual({ kind: "up-to", value: 99, breaks: "calls time out" });
    const errors = limitsOf({ errors: { objective: "checkout-errors", below: 0.01 } });
    const found = largestHarmless((delayMs) => at({ delayMs }), errors, DELAY);
    expect(found).toMatchObject({ kind: "up-to", breaks: "checkout-errors is broken" });
    const share = (delayMs: number) => at({ delayMs }).find(({ id }) => id === "error-share")?.value ?? 0;
    if (found.kind !== "up-to") throw new Error("there is a largest one");
    expect(share(found.value)).toBeLessThanOrEqual(0.01);
    expect(share(found.value + 1)).toBeGreaterThan(0.01);
  });

  it("keeps a latency below its bound, finds nothing where nothing helps, and everything where nothing breaks", () => {
    const slow = limitsOf({ seconds: { objective: "p99", below: 0.05 } });
    expect(largestHarmless((delayMs) => at({ delayMs }), slow, DELAY)).toEqual({
      kind: "up-to",
      value: 50,
      breaks: "p99 is broken",
    });
    const never = [{ name: "it rains", holds: () => false }];
    expect(largestHarmless(() => [], never, DELAY)).toEqual({ kind: "none", breaks: "it rains" });
    expect(largestHarmless(() => [], limitsOf({}), DELAY)).toEqual({ kind: "any", most: 60_000 });
  });

  it("finds the last step that holds, wherever it is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 999 }), (last) => {
        let tried = 0;
        const limits = [{ name: "edge", holds: () => tried <= last }];
        const found = largestHarmless(
          (value) => {
            tried = value;
            return [];
          },
          limits,
          { step: 1, most: 1000 },
        );
        return found.kind === "up-to" && found.value === last;
      }),
      { seed: 71 },
    );
  });
});

describe("an exchange that loses packets", () => {
  it("waits for timers that double, as a simulation of them does", () => {
    const chance = chanceFrom(17);
    const waits = Array.from({ length: 200_000 }, () => {
      let [wait, rto] = [0, 0.2];
      for (; chance() < 0.1; rto *= 2) wait += rto;
      return wait;
    });
    const mean = waits.reduce((sum, wait) => sum + wait, 0) / waits.length;
    expect(Math.abs(mean / sureFigure(meanRetransmissionWaitSeconds(0.1, 0.2)) - 1)).toBeLessThan(0.03);
    const late = waits.filter((wait) => wait >= 0.5).length / waits.length;
    expect(Math.abs(late / sureFigure(waitsAtLeast(0.1, 0.2, 0.5)) - 1)).toBeLessThan(0.1);
  });

  it("waits one timer for one loss, exactly, and has no mean from half of all packets on", () => {
    expect(waitsAtLeast(0.1, 0.2, 0.2)).toBeCloseTo(0.1, 12);
    expect(waitsAtLeast(0.1, 0.2, 0.201)).toBeCloseTo(0.01, 12);
    expect(waitsAtLeast(0.1, 0.2, 0)).toBe(1);
    expect(meanRetransmissionWaitSeconds(0.5, 0.2)).toMatchObject({ kind: "not-predictable" });
  });
});
