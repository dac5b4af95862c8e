import { describe, expect, it } from "vitest";
import { erlangB, heldSeconds, type Pool, threadsNeeded } from "../../src/impact/queueing.ts";
import { fullAfterSeconds } from "../../src/impact/saturation.ts";
import { dropRatio, kneeRttSeconds, mathisThroughput, windowThroughput } from "../../src/impact/tcp.ts";
import { timeoutRule } from "../../src/impact/timeouts.ts";
import { sure, sureFigure } from "./sure.ts";

const W = 65_536;
const SEED_POOL: Pool = { size: 200, ratePerSecond: 1000, serviceSeconds: 0, addedSeconds: 0.5, fraction: 1 };

describe("the seed's own numbers", () => {
  it("are 32.768 MB/s before and 130.55 kB/s under 500 ms", () => {
    expect(sure(windowThroughput(W, 0.002)).bytesPerSecond).toBe(32_768_000);
    expect(sure(windowThroughput(W, 0.502)).bytesPerSecond / 1000).toBeCloseTo(130.55, 2);
  });

  it("are a drop of 99.60 percent", () => {
    expect((100 * dropRatio(32_768_000, W / 0.502)).toFixed(2)).toBe("99.60");
  });

  it("are 500 threads for 1,000 requests per second that block for half a second", () => {
    expect(threadsNeeded(SEED_POOL)).toBe(500);
  });

  it("are a bulkhead of 200 that is full 200 ms after injection", () => {
    expect(fullAfterSeconds("network", SEED_POOL)).toBe(0.2);
  });
});

describe("one TCP stream", () => {
  it("is bound by the link up to the knee, and by the window beyond it", () => {
    const knee = sureFigure(kneeRttSeconds(W, 1e6));
    expect(windowThroughput(W, knee * 0.9, 1e6)).toMatchObject({ bytesPerSecond: 1e6, binding: "link" });
    expect(windowThroughput(W, knee * 1.1, 1e6)).toMatchObject({ binding: "window" });
  });

  it("has no square-root law above a loss of 2 percent, and none without loss", () => {
    for (const loss of [0, 0.03, Number.NaN])
      expect(mathisThroughput(1460, 0.1, loss)).toMatchObject({ kind: "not-predictable" });
  });
});

describe("a pool", () => {
  it("is held by a call no longer than its timeout", () => {
    expect(heldSeconds({ ...SEED_POOL, timeoutSeconds: 0.3 })).toBe(0.3);
    expect(heldSeconds({ ...SEED_POOL, serviceSeconds: 0.1, fraction: 0.5 })).toBeCloseTo(0.35, 12);
  });

  it.each([
    { slots: 2, offered: 1, blocked: 0.2 },
    { slots: 10, offered: 8, blocked: 0.1217 },
    { slots: 50, offered: 60, blocked: 0.2161 },
    { slots: 20, offered: 52, blocked: 0.6264 },
    { slots: 5, offered: 0, blocked: 0 },
    { slots: 0, offered: 3, blocked: 1 },
  ])("of $slots slots refuses $blocked of $offered erlangs", ({ slots, offered, blocked }) => {
    expect(erlangB(slots, offered)).toBeCloseTo(blocked, 4);
  });

  it("refuses as many as a simulation of it does", () => {
    const simulated = simulateLoss({ slots: 10, ratePerSecond: 16, holdSeconds: 0.5, arrivals: 200_000 });
    expect(Math.abs(sureFigure(erlangB(10, 8)) - simulated)).toBeLessThan(0.01);
  });
});

describe("the timeout rule", () => {
  it.each([
    {
      name: "shorter than the delay makes an error test",
      timeout: 300,
      delay: 500,
      jitter: 50,
      kind: "error-test",
      timedOut: 1,
    },
    {
      name: "longer than the delay makes a latency test",
      timeout: 1000,
      delay: 500,
      jitter: 50,
      kind: "latency-test",
      timedOut: 0,
    },
    { name: "inside the jitter makes both", timeout: 525, delay: 500, jitter: 50, kind: "mixed", timedOut: 0.25 },
    { name: "equal to the delay times out", timeout: 500, delay: 500, jitter: 0, kind: "error-test", timedOut: 1 },
  ] as const)("a timeout $name", ({ timeout, delay, jitter, kind, timedOut }) => {
    expect(timeoutRule(timeout, 0, delay, jitter)).toEqual({ kind, timedOut });
  });
});

/** A loss system played event by event: Poisson arrivals from a small generator with a fixed seed, fixed holding time. */
function simulateLoss(what: { slots: number; ratePerSecond: number; holdSeconds: number; arrivals: number }): number {
  let state = 1;
  const uniform = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  const freeAt: number[] = Array.from({ length: what.slots }, () => 0);
  let now = 0;
  let refused = 0;
  for (let arrival = 0; arrival < what.arrivals; arrival++) {
    now -= Math.log(uniform()) / what.ratePerSecond;
    const slot = freeAt.findIndex((at) => at <= now);
    if (slot < 0) refused++;
    else freeAt[slot] = now + what.holdSeconds;
  }
  return refused / what.arrivals;
}
