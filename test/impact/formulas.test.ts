import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { erlangB, heldSeconds, type Pool, secondsToSaturation, threadsNeeded } from "../../src/impact/queueing.ts";
import { dropRatio, kneeRttSeconds, mathisThroughput, windowThroughput } from "../../src/impact/tcp.ts";
import { timeoutRule } from "../../src/impact/timeouts.ts";

const W = 65_536;
const SEED_POOL: Pool = { size: 200, ratePerSecond: 1000, serviceSeconds: 0, addedSeconds: 0.5, fraction: 1 };

describe("the seed's own numbers", () => {
  it("are 32.768 MB/s before and 130.55 kB/s under 500 ms", () => {
    expect(windowThroughput(W, 0.002).bytesPerSecond).toBe(32_768_000);
    expect(windowThroughput(W, 0.502).bytesPerSecond / 1000).toBeCloseTo(130.55, 2);
  });

  it("are a drop of 99.60 percent", () => {
    expect((100 * dropRatio(32_768_000, W / 0.502)).toFixed(2)).toBe("99.60");
  });

  it("are 500 threads for 1,000 requests per second that block for half a second", () => {
    expect(threadsNeeded(SEED_POOL)).toBe(500);
  });

  it("are a bulkhead of 200 that is full 200 ms after injection", () => {
    expect(secondsToSaturation(SEED_POOL)).toBe(0.2);
  });
});

describe("one TCP stream", () => {
  it("is bound by the link up to the knee, and by the window beyond it", () => {
    const knee = kneeRttSeconds(W, 1e6);
    expect(windowThroughput(W, knee * 0.9, 1e6)).toEqual({ bytesPerSecond: 1e6, binding: "link" });
    expect(windowThroughput(W, knee * 1.1, 1e6).binding).toBe("window");
  });

  it("never gains from a longer round trip, and scales with the window", () => {
    const positive = fc.double({ min: 1e-4, max: 10, noNaN: true });
    fc.assert(
      fc.property(positive, positive, fc.integer({ min: 1, max: 1e8 }), (rtt, more, window) => {
        const at = (seconds: number, factor = 1) => windowThroughput(window * factor, seconds).bytesPerSecond;
        return at(rtt + more) <= at(rtt) && Math.abs(at(2 * rtt, 2) / at(rtt) - 1) < 1e-9;
      }),
      { seed: 5 },
    );
  });

  it("halves with four times the loss where the square-root law holds, and is not predicted elsewhere", () => {
    const [low, high] = mathisThroughput(1460, 0.1, 0.0025) ?? [0, 0];
    expect(mathisThroughput(1460, 0.1, 0.01)).toEqual([low / 2, high / 2]);
    expect([0, 0.03, Number.NaN].map((loss) => mathisThroughput(1460, 0.1, loss))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe("a pool", () => {
  it("fills if and only if the fault asks for more threads than it has", () => {
    const share = fc.double({ min: 0.01, max: 1, noNaN: true });
    const pools = fc.record({
      size: fc.integer({ min: 1, max: 500 }),
      ratePerSecond: fc.integer({ min: 1, max: 2000 }),
      serviceSeconds: share,
      addedSeconds: share,
      fraction: share,
    });
    fc.assert(
      fc.property(pools, (pool) => (secondsToSaturation(pool) === undefined) === threadsNeeded(pool) < pool.size),
      { seed: 6 },
    );
  });

  it("fills within the delay when every call is faulted", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 2000 }),
        fc.double({ min: 0.001, max: 5, noNaN: true }),
        (size, ratePerSecond, addedSeconds) => {
          const seconds = secondsToSaturation({ size, ratePerSecond, serviceSeconds: 0, addedSeconds, fraction: 1 });
          return seconds === undefined || seconds <= addedSeconds + 1e-9;
        },
      ),
      { seed: 7 },
    );
  });

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
    expect(Math.abs(erlangB(10, 8) - simulated)).toBeLessThan(0.01);
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
