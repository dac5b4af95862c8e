import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Mode } from "../../src/manifest/experiment.ts";
import { blastRadius } from "../../src/selector/blast-radius.ts";
import { hitsIn } from "../../src/selector/hits.ts";
import { aKill } from "../fakes/experiment.ts";
import { aClusterWith, aPod, pods } from "../fakes/snapshot.ts";

describe("hits of a group", () => {
  it.each<{ name: string; mode: Mode; matched: number; group: number; hits: ReturnType<typeof hitsIn> }>([
    {
      name: "of one pod in ten, by mode one",
      mode: { kind: "one" },
      matched: 10,
      group: 1,
      hits: { least: 0, most: 1, mean: 0.1, chance: 0.1 },
    },
    {
      // 1 - C(6,3) / C(10,3) = 1 - 20 / 120
      name: "of 4 in 10, by 30 percent",
      mode: { kind: "fixed-percent", percent: 30 },
      matched: 10,
      group: 4,
      hits: { least: 0, most: 3, mean: 1.2, chance: 1 - 20 / 120 },
    },
    {
      name: "of 8 in 10, by fixed 3: one at least",
      mode: { kind: "fixed", count: 3 },
      matched: 10,
      group: 8,
      hits: { least: 1, most: 3, mean: 2.4, chance: 1 },
    },
    {
      name: "of the only pod, by up to 1 percent: 0 and 1 percent are equally likely",
      mode: { kind: "random-max-percent", percent: 1 },
      matched: 1,
      group: 1,
      hits: { least: 0, most: 1, mean: 0.5, chance: 0.5 },
    },
    { name: "of nobody", mode: { kind: "all" }, matched: 0, group: 0, hits: { least: 0, most: 0, mean: 0, chance: 0 } },
  ])("$name", ({ mode, matched, group, hits }) => {
    const found = hitsIn(mode, matched, group);
    expect([found.least, found.most]).toEqual([hits.least, hits.most]);
    expect(found.mean).toBeCloseTo(hits.mean, 12);
    expect(found.chance).toBeCloseTo(hits.chance, 12);
  });

  it("add up: the means of two groups are the mean of both", () => {
    const share = fc.tuple(fc.integer({ min: 1, max: 60 }), fc.nat(60), fc.integer({ min: 1, max: 100 }));
    fc.assert(
      fc.property(share, ([matched, part, percent]) => {
        const group = Math.min(matched, part);
        const mode: Mode = { kind: "random-max-percent", percent };
        const [one, other, all] = [group, matched - group, matched].map((size) => hitsIn(mode, matched, size).mean);
        return Math.abs((one ?? 0) + (other ?? 0) - (all ?? 0)) < 1e-9;
      }),
      { seed: 3 },
    );
  });
});

describe("a blast radius", () => {
  const cart = pods("cart", 3, { labels: { app: "cart" }, workload: "Deployment/cart" });
  const lone = aPod("lone", { node: "node-2", workload: "Deployment/lone" });
  const cluster = aClusterWith([...cart, lone], {
    budgets: [{ namespace: "staging", name: "cart", matchLabels: { app: "cart" }, disruptionsAllowed: 1 }],
  });

  it("says what is left of each workload in the worst draw, and how a budget stands", () => {
    const { workloads, nodes, budgets, hits } = blastRadius(
      aKill({ mode: { kind: "fixed", count: 2 } }),
      [...cart, lone],
      cluster,
    );
    expect(hits).toMatchObject({ least: 2, most: 2 });
    expect(
      workloads.map(({ workload, hits: { most }, readyLeft, isSingle }) => [workload, most, readyLeft, isSingle]),
    ).toEqual([
      ["staging/Deployment/cart", 2, 1, false],
      ["staging/Deployment/lone", 1, 0, true],
    ]);
    expect(nodes.map(({ node, hits: { most } }) => [node, most])).toEqual([
      ["node-1", 2],
      ["node-2", 1],
    ]);
    expect(budgets).toMatchObject([{ budget: "staging/cart", hits: { least: 1, most: 2 }, allowed: 1 }]);
  });
});
