import { describe, expect, it } from "vitest";
import { erlangC, meanWaitSeconds, type Servers, waitQuantileSeconds, waitsLonger } from "../../src/impact/erlang-c.ts";
import {
  criticalDelaySeconds,
  fullAfterSeconds,
  fullQueueWaitSeconds,
  queueFullAfterSeconds,
  type Saturation,
  type SaturationForm,
} from "../../src/impact/saturation.ts";
import { simulateSaturation, simulateWaits } from "./simulation.ts";

const FORMS: readonly SaturationForm[] = ["network", "new-requests", "exponential"];
const POOL: Saturation = { size: 200, ratePerSecond: 100, serviceSeconds: 0.05, fraction: 1, addedSeconds: 5 };

function offered(servers: number, erlangs: number): Servers {
  return { servers, ratePerSecond: erlangs, serviceSeconds: 1 };
}

describe("Erlang C", () => {
  it.each([
    { servers: 1, erlangs: 0.5, waits: 0.5, digits: 12 },
    { servers: 2, erlangs: 1, waits: 1 / 3, digits: 12 },
    { servers: 10, erlangs: 8, waits: 0.40918, digits: 5 },
    { servers: 100, erlangs: 90, waits: 0.21694, digits: 5 },
    { servers: 200, erlangs: 150, waits: 6e-5, digits: 5 },
  ])("has $waits of $erlangs erlangs wait for one of $servers servers", ({ servers, erlangs, waits, digits }) => {
    expect(erlangC(offered(servers, erlangs))).toBeCloseTo(waits, digits);
  });

  it("waits for one server as the formulas of M/M/1 say", () => {
    const single: Servers = { servers: 1, ratePerSecond: 8, serviceSeconds: 0.1 };
    expect(meanWaitSeconds(single)).toBeCloseTo(0.4, 9);
    expect(waitsLonger(single, 0.5)).toBeCloseTo(0.8 * Math.exp(-1), 9);
    expect(waitsLonger(single, Number(waitQuantileSeconds(single, 0.99)))).toBeCloseTo(0.01, 9);
    expect(waitQuantileSeconds(single, 0.1)).toBe(0);
  });

  it("agrees with a simulation within 3 percent, and its waits obey Little's law", () => {
    const servers: Servers = { servers: 10, ratePerSecond: 80, serviceSeconds: 0.1 };
    const waits = simulateWaits(10, 80, 0.1, 400_000);
    const mean = waits.reduce((sum, each) => sum + each, 0) / waits.length;
    const beyond = waits.filter((wait) => wait > 0.05).length / waits.length;
    expect(mean / Number(meanWaitSeconds(servers))).toBeCloseTo(1, 1);
    expect(Math.abs(mean / Number(meanWaitSeconds(servers)) - 1)).toBeLessThan(0.03);
    expect(Math.abs(beyond / Number(waitsLonger(servers, 0.05)) - 1)).toBeLessThan(0.03);
    expect(
      Math.abs(waits.filter((wait) => wait > 0).length / waits.length / Number(erlangC(servers)) - 1),
    ).toBeLessThan(0.03);
  });

  it("has no answer for a queue that grows without end", () => {
    expect(erlangC(offered(10, 10))).toMatchObject({ kind: "not-predictable" });
    expect(meanWaitSeconds(offered(0, 1))).toMatchObject({ kind: "not-predictable" });
  });
});

describe("a pool that fills up", () => {
  it.each([
    { form: "network", seconds: 1.95 },
    { form: "new-requests", seconds: 2 },
    { form: "exponential", seconds: 2.496 },
  ] as const)("is full after $seconds s in the $form form", ({ form, seconds }) => {
    expect(fullAfterSeconds(form, POOL)).toBeCloseTo(seconds, 3);
  });

  it.each(FORMS.flatMap((form) => [1, 0.6].map((fraction) => ({ form, fraction }))))(
    "agrees with a simulation within 5 percent in the $form form with a share of $fraction faulted",
    ({ form, fraction }) => {
      const pool = { ...POOL, size: 150, fraction };
      const simulated = simulateSaturation(form, pool, 200);
      expect(Math.abs(simulated / Number(fullAfterSeconds(form, pool)) - 1)).toBeLessThan(0.05);
    },
  );

  it("bears delays up to the critical one", () => {
    const critical = Number(criticalDelaySeconds(POOL, 2));
    expect(critical).toBeCloseTo(0.975, 9);
    expect(fullAfterSeconds("network", { ...POOL, addedSeconds: 2 * critical * 0.999 })).toBe("never");
    expect(fullAfterSeconds("network", { ...POOL, addedSeconds: 2 * critical * 1.001 })).toBeGreaterThan(0);
    expect(criticalDelaySeconds({ ...POOL, fraction: 0 }, 1)).toMatchObject({ kind: "not-predictable" });
  });

  it("has a queue that is full after what it holds divided by the surplus", () => {
    expect(queueFullAfterSeconds(100, 200, 1000, 0.5)).toBeCloseTo(1 / 6, 9);
    expect(queueFullAfterSeconds(100, 200, 300, 0.5)).toBe("never");
    expect(fullQueueWaitSeconds(100, 200, 0.5)).toBe(0.25);
  });

  it("has no answer where it was full before, or comes close without being full", () => {
    expect(fullAfterSeconds("network", { ...POOL, serviceSeconds: 2 })).toMatchObject({ kind: "not-predictable" });
    const even: Saturation = { size: 100, ratePerSecond: 100, serviceSeconds: 0.5, fraction: 1, addedSeconds: 0.5 };
    expect(fullAfterSeconds("exponential", even)).toMatchObject({ kind: "not-predictable" });
  });
});
