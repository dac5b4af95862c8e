import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Deadline, judgeChain } from "../../src/impact/deadlines.ts";
import { budgetShare, damagedRequests, detection, type Guard, requestsToTell } from "../../src/impact/detection.ts";
import { DEFAULT_PROBE, probeOutcome, rateOfEachLeft, restSurvives } from "../../src/impact/probes.ts";
import {
  budgetedAttempts,
  expectedAttempts,
  layeredAttempts,
  meanBackoffSeconds,
  mendedAttempts,
  retryFixedPoint,
  worstAttempts,
} from "../../src/impact/retries.ts";

describe("retries", () => {
  it("make 1.39 calls of one that fails three times in ten and is tried three times", () => {
    expect(expectedAttempts(0.3, 2)).toBeCloseTo(1.39, 12);
    expect(layeredAttempts(0.3, 2, 3)).toBeCloseTo(1.39 ** 3, 12);
    expect(mendedAttempts(0.3, 2, 3)).toBeCloseTo(1.39 * (1 + 0.027 + 0.027 ** 2), 4);
    expect(worstAttempts(2, 5)).toBe(243);
  });

  it("make between one and r + 1 calls of one, more where more fail, and as many as the closed form says", () => {
    const failures = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(failures, failures, fc.integer({ min: 0, max: 10 }), (a, b, retries) => {
        const [few, many] = [Math.min(a, b), Math.max(a, b)].map((p) => Number(expectedAttempts(p, retries)));
        const closed = a > 0.999 ? undefined : (1 - a ** (retries + 1)) / (1 - a);
        const agrees = closed === undefined || Math.abs(closed - Number(expectedAttempts(a, retries))) < 1e-9;
        return agrees && few !== undefined && many !== undefined && few >= 1 && few <= many && many <= retries + 1;
      }),
      { seed: 63 },
    );
  });

  it("are held by a budget, and wait half of a doubling time up to a cap", () => {
    expect(budgetedAttempts(0.9, 3, 0.1)).toBe(1.1);
    expect([0, 1, 2, 10].map((retry) => meanBackoffSeconds(0.1, 1, retry))).toEqual([0.05, 0.1, 0.2, 0.5]);
    expect(expectedAttempts(1.1, 1)).toMatchObject({ kind: "not-predictable" });
  });

  const collapse = (rate: number): number => 1 / (1 + Math.exp(-(rate - 100) / 5));

  it("may keep a service down that collapses under the load they make", () => {
    const found = retryFixedPoint(40, 3, collapse);
    expect(found).toMatchObject({ kind: "fixed-point", mayNotRecover: true });
    expect(found.kind === "fixed-point" && found.settlings.map(({ stable }) => stable)).toEqual([true, false, true]);
  });

  it.each([
    { name: "a service without retries", rate: 40, retries: 0, failureAt: collapse },
    { name: "a rate too low to reach the tipping point", rate: 20, retries: 3, failureAt: collapse },
    {
      name: "a service that serves its capacity under overload",
      rate: 40,
      retries: 3,
      failureAt: (x: number) => Math.max(0, 1 - 100 / x),
    },
    { name: "a service that always fails", rate: 40, retries: 3, failureAt: () => 1 },
  ])("settle at one stable rate for $name", ({ rate, retries, failureAt }) => {
    const found = retryFixedPoint(rate, retries, failureAt);
    expect(found).toMatchObject({ kind: "fixed-point", mayNotRecover: false, settlings: [{ stable: true }] });
    const settled = found.kind === "fixed-point" ? (found.settlings[0]?.ratePerSecond ?? 0) : 0;
    expect(settled / (rate * Number(expectedAttempts(failureAt(settled), retries)))).toBeCloseTo(1, 9);
  });
});

describe("a chain of deadlines", () => {
  const outer: Deadline = { name: "gateway", timeoutSeconds: 1, attempts: 1, backoffSeconds: 0 };
  const inner: Deadline = { name: "checkout", timeoutSeconds: 0.3, attempts: 3, backoffSeconds: 0.05 };

  it("holds where each outlasts what the next one does, retries included", () => {
    expect(judgeChain([outer, inner])).toEqual({ kind: "chain", wasted: [] });
  });

  it("wastes the work of one that outlasts its caller", () => {
    expect(judgeChain([outer, { ...inner, attempts: 4 }])).toMatchObject({
      wasted: [{ outer: "gateway", inner: "checkout", outerSeconds: 1 }],
    });
    const even = { ...inner, attempts: 1, timeoutSeconds: 0.95 };
    expect(judgeChain([outer, even])).toMatchObject({ wasted: [{ innerSeconds: 1 }] });
    expect(judgeChain([{ ...outer, attempts: 0 }])).toMatchObject({ kind: "not-predictable" });
  });
});

describe("a probe", () => {
  it("that a delay makes too slow fails for good about 30 s later by Kubernetes' defaults", () => {
    expect(probeOutcome(DEFAULT_PROBE, 0.01, 1.5)).toEqual({ kind: "fails", earliestSeconds: 21, latestSeconds: 31 });
  });

  it("that stays within its timeout passes", () => {
    expect(probeOutcome(DEFAULT_PROBE, 0.01, 0.5)).toEqual({ kind: "passes" });
  });

  it("takes replicas away whose load the rest may not bear", () => {
    expect(rateOfEachLeft(900, 10, 1)).toBe(100);
    expect([restSurvives(900, 10, 1, 110), restSurvives(900, 10, 4, 110)]).toEqual([true, false]);
    expect(restSurvives(900, 10, 10, 110)).toMatchObject({ kind: "not-predictable" });
  });
});

describe("a guard", () => {
  const guard: Guard = { windowSeconds: 60, threshold: 0.02, scrapeSeconds: 5, pollSeconds: 5 };

  it("sees a step when its share of the window reaches the threshold", () => {
    expect(detection(guard, 0.3)).toEqual({ kind: "detected", earliestSeconds: 4, latestSeconds: 14 });
    expect(detection(guard, 0.02)).toEqual({ kind: "never" });
  });

  it("spends a share of the error budget until it has undone the fault", () => {
    const damaged = Number(damagedRequests(1000, 0.3, 14, 6));
    expect(damaged).toBe(6000);
    expect(budgetShare(damaged, 1000, 30 * 86_400, 0.999)).toBeCloseTo(0.0023148, 7);
    expect(budgetShare(damaged, 1000, 60, 1)).toMatchObject({ kind: "not-predictable" });
  });

  it("needs traffic to tell shares apart, more of it the closer they are", () => {
    expect(requestsToTell(0.01, 0.05)).toBe(123);
    expect(Number(requestsToTell(0.01, 0.02))).toBeGreaterThan(1000);
    expect(requestsToTell(0.05, 0.05)).toMatchObject({ kind: "not-predictable" });
  });
});
