import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { driftSince, reviewedSelection } from "../../src/selector/drift.ts";
import type { PodFact } from "../../src/selector/snapshot.ts";
import { aPod, pods } from "../fakes/snapshot.ts";

const SEED = "0123456789abcdef".repeat(2);
const reviewed = (matched: readonly PodFact[]) => reviewedSelection({ matched }, SEED);
const drift = (before: readonly PodFact[], now: readonly PodFact[]) =>
  driftSince(reviewed(before), { matched: now }, SEED);

const cart = pods("cart", 4, { workload: "Deployment/cart" });
const search = pods("search", 1, { workload: "Deployment/search" });

describe("what became of a reviewed selection", () => {
  it.each([
    { name: "nothing changed", now: cart },
    { name: "every pod was replaced", now: pods("new", 4, { workload: "Deployment/cart" }) },
    { name: "it was scaled by half", now: pods("cart", 6, { workload: "Deployment/cart" }) },
    { name: "a pod is away", now: cart.slice(1) },
  ])("is the same experiment: $name", ({ now }) => {
    expect(drift(cart, now)).toEqual([]);
  });

  it.each([
    {
      name: "another deployment got the label",
      now: [...cart, ...search],
      says: /staging\/Deployment\/search matches now with 1 pods/,
    },
    {
      name: "a pod lost its controller",
      now: [...cart.slice(1), aPod("cart-0", { workload: "Pod/cart-0" })],
      says: /Pod\/cart-0 matches now/,
    },
    {
      name: "another deployment has it alone",
      now: pods("search", 4, { workload: "Deployment/search" }),
      says: /1 of the 1 workloads/,
    },
    {
      name: "the same name in another namespace",
      now: pods("c", 4, { namespace: "other", workload: "Deployment/cart" }),
      says: /other\/Deployment\/cart/,
    },
    {
      name: "it was scaled to twice its size",
      now: pods("cart", 8, { workload: "Deployment/cart" }),
      says: /matched 4 pods and 8 match now/,
    },
    { name: "almost nobody is left", now: cart.slice(0, 1), says: /matched 4 pods and 1 match now/ },
  ])("is another experiment: $name", ({ now, says }) => {
    expect(drift(cart, now).join("\n")).toMatch(says);
  });

  it("is another experiment where one workload took the place of another, and the sum stayed", () => {
    const of = (name: string, count: number) => pods(name, count, { workload: `Deployment/${name}` });
    const told = drift([...of("cart", 2), ...of("search", 8)], [...of("cart", 8), ...of("search", 2)]);
    expect(told).toEqual([
      expect.stringContaining("staging/Deployment/cart matched 2 pods and matches 8 now (1 to 3 are taken)"),
      expect.stringContaining("staging/Deployment/search matched 8 pods and matches 2 now (5 to 12 are taken)"),
    ]);
  });

  it("is told without a name that the seed does not open", () => {
    const told = JSON.stringify(reviewed(cart));
    expect(told).not.toContain("cart");
    expect(told).not.toBe(JSON.stringify(reviewedSelection({ matched: cart }, "f".repeat(32))));
  });

  it("is never of itself, whatever was selected", () => {
    const some = fc.array(fc.tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 5 })), { maxLength: 60 });
    fc.assert(
      fc.property(some, (drawn) => {
        const all = drawn.map(([workload, n], at) => aPod(`p-${at}-${n}`, { workload: `Deployment/d${workload}` }));
        expect(drift(all, all.toReversed())).toEqual([]);
      }),
    );
  });

  it("stays small: more workloads than a ticket holds are remembered by their number", () => {
    const many = Array.from({ length: 600 }, (_, n) => aPod(`p-${n}`, { workload: `Deployment/d${n}` }));
    expect(reviewed(many)).toEqual({ matched: 600, workloads: {} });
    expect(drift(many, many.slice(0, 100)).join()).toContain("matched 600 pods");
  });
});
