import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Experiment, Mode } from "../../src/manifest/experiment.ts";
import { countOf, countRange } from "../../src/selector/mode.ts";
import { drawUpTo, rendezvousOrder } from "../../src/selector/rendezvous.ts";
import { select } from "../../src/selector/select.ts";
import { siphash24 } from "../../src/selector/siphash.ts";
import { aClusterWith, aPod, aSelector, pods } from "../fakes/snapshot.ts";

const SEED = "000102030405060708090a0b0c0d0e0f";
const seeds = fc.stringMatching(/^[0-9a-f]{32}$/);

function experiment(mode: Mode, target?: Mode): Experiment {
  const common = {
    name: "x",
    namespace: "staging",
    annotations: {},
    mode,
    selector: aSelector({ labelSelectors: { app: "cart" } }),
  };
  const peer = { selector: aSelector({ labelSelectors: { app: "pay" } }), mode: target ?? { kind: "all" } } as const;
  const network = { action: "delay", direction: "to", externalTargets: [], netem: {}, target: peer } as const;
  return { ...common, kind: "NetworkChaos", network };
}

describe("siphash", () => {
  it("gives the paper's own test value", () => {
    const key = [0x0706050403020100n, 0x0f0e0d0c0b0a0908n] as const;
    expect(
      siphash24(
        key,
        Uint8Array.from({ length: 15 }, (_, index) => index),
      ),
    ).toBe(0xa129ca6149be45e5n);
  });
});

describe("a mode", () => {
  it.each<{ name: string; mode: Mode; of: number; selects: number }>([
    { name: "one takes a single pod", mode: { kind: "one" }, of: 5, selects: 1 },
    { name: "one of none is none", mode: { kind: "one" }, of: 0, selects: 0 },
    { name: "all takes all", mode: { kind: "all" }, of: 5, selects: 5 },
    { name: "fixed is clamped to what is there", mode: { kind: "fixed", count: 9 }, of: 5, selects: 5 },
    { name: "fixed-percent rounds up", mode: { kind: "fixed-percent", percent: 30 }, of: 4, selects: 2 },
    {
      name: "fixed-percent does not round a whole number up",
      mode: { kind: "fixed-percent", percent: 30 },
      of: 10,
      selects: 3,
    },
    { name: "fixed-percent of one pod is one", mode: { kind: "fixed-percent", percent: 1 }, of: 1, selects: 1 },
    { name: "random-max-percent may be none", mode: { kind: "random-max-percent", percent: 50 }, of: 10, selects: 0 },
  ])("$name", ({ mode, of, selects }) => {
    expect(countOf(mode, of, () => 0)).toBe(selects);
  });

  it("random-max-percent stays between none and its rounded share", () => {
    expect(countRange({ kind: "random-max-percent", percent: 25 }, 10)).toEqual({ least: 0, most: 3 });
    expect(countOf({ kind: "random-max-percent", percent: 25 }, 10, (most) => most)).toBe(3);
  });
});

describe("a selection", () => {
  const cluster = aClusterWith([
    ...pods("cart", 10, { labels: { app: "cart" } }),
    ...pods("pay", 4, { labels: { app: "pay" }, workload: "Deployment/pay" }),
  ]);

  it("takes 3 of 10 checkout pods for 30 percent, and its peers by their own mode", () => {
    const { selected, peers, matched, workloads } = select(
      experiment({ kind: "fixed-percent", percent: 30 }, { kind: "one" }),
      cluster,
      SEED,
    );
    expect([matched.length, selected.length, peers.length]).toEqual([10, 3, 1]);
    expect(workloads).toEqual([{ workload: "staging/Deployment/checkout", selected: 3, of: 10 }]);
  });

  it("is the same for the same seed, and another one for some other seed", () => {
    const of = (seed: string): string =>
      select(experiment({ kind: "fixed", count: 3 }), cluster, seed)
        .selected.map(({ name }) => name)
        .join();
    expect(of(SEED)).toBe(of(SEED));
    expect(new Set(["0", "1", "2", "3"].map((digit) => of(digit.repeat(32)))).size).toBeGreaterThan(1);
  });

  it("never selects a pod that does not match", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 100 }), (seed, percent) => {
        const { selected, matched, count } = select(experiment({ kind: "random-max-percent", percent }), cluster, seed);
        return selected.every((pod) => matched.includes(pod)) && selected.length <= count.most;
      }),
      { seed: 1 },
    );
  });

  it("moves at most one place when one pod comes or goes", () => {
    fc.assert(
      fc.property(seeds, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 9 }), (seed, count, gone) => {
        const all = pods("cart", 10, { labels: { app: "cart" } });
        const few = all.filter((_, index) => index !== gone);
        const before = select(experiment({ kind: "fixed", count }), aClusterWith(all), seed).selected;
        const after = select(experiment({ kind: "fixed", count }), aClusterWith(few), seed).selected;
        return before.filter((pod) => !after.includes(pod)).length <= 1;
      }),
      { seed: 2 },
    );
  });

  it("draws every pod about equally often", () => {
    const all = pods("cart", 10, { labels: { app: "cart" } });
    const hits = new Map<string, number>();
    for (let round = 0; round < 2000; round++) {
      const seed = round.toString(16).padStart(32, "0");
      const [first] = rendezvousOrder(all, ({ uid }) => uid, seed);
      hits.set(first?.name ?? "", (hits.get(first?.name ?? "") ?? 0) + 1);
    }
    // Chi-square with 9 degrees of freedom: 33.7 is the 0.9999 quantile.
    const chi = [...hits.values()].reduce((sum, hit) => sum + (hit - 200) ** 2 / 200, 0);
    expect(hits.size).toBe(10);
    expect(chi).toBeLessThan(33.7);
  });

  it("draws a percentage in its range, both ends included", () => {
    const drawn = new Set(
      Array.from({ length: 200 }, (_, round) => drawUpTo(3, round.toString(16).padStart(32, "0"), "victims")),
    );
    expect([...drawn].sort()).toEqual([0, 1, 2, 3]);
  });

  it("counts a pod without a controller as a workload of its own", () => {
    const { workload: _, ...bare } = aPod("lone", { labels: { app: "cart" } });
    expect(select(experiment({ kind: "all" }), aClusterWith([bare]), SEED).workloads).toEqual([
      { workload: "staging/Pod/lone", selected: 1, of: 1 },
    ]);
  });

  it("refuses a seed that could be guessed", () => {
    expect(() => select(experiment({ kind: "all" }), cluster, "abc")).toThrow("32 hex digits");
  });
});
