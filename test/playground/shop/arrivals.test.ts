import { describe, expect, it } from "vitest";
import { newArrivals, newRandom } from "../../../src/playground/shop/arrivals.ts";

describe("arrivals", () => {
  it("come at the rate that was asked for", () => {
    const due = newArrivals(200, newRandom(7));
    expect(due(1_000_000) / 1_000).toBeCloseTo(200, -1);
  });

  it("are the same for the same seed and others for another", () => {
    const countsOf = (seed: number): readonly number[] => {
      const due = newArrivals(50, newRandom(seed));
      return Array.from({ length: 20 }, (_, second) => due((second + 1) * 1_000));
    };
    expect(countsOf(1)).toEqual(countsOf(1));
    expect(countsOf(1)).not.toEqual(countsOf(2));
  });

  it("do not depend on how often somebody looks", () => {
    const [often, once] = [newArrivals(100, newRandom(3)), newArrivals(100, newRandom(3))];
    let seen = 0;
    for (let ms = 1; ms <= 10_000; ms++) seen += often(ms);
    expect(seen).toBe(once(10_000));
  });

  it("scatter as independent users do: the variance of counts is their mean", () => {
    const due = newArrivals(20, newRandom(11));
    const counts = Array.from({ length: 5_000 }, (_, second) => due((second + 1) * 1_000));
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length;
    expect(variance / mean).toBeGreaterThan(0.9);
    expect(variance / mean).toBeLessThan(1.1);
  });
});
