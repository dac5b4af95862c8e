import { describe, expect, it } from "vitest";
import type { Selector } from "../../src/manifest/experiment.ts";
import { matchPods } from "../../src/selector/match.ts";
import { aClusterWith, aPod, aSelector } from "../fakes/snapshot.ts";

const cluster = aClusterWith(
  [
    aPod("cart", { labels: { app: "cart", tier: "web" }, annotations: { chaos: "yes" }, node: "east" }),
    aPod("cart-old", { labels: { app: "cart" }, phase: "Failed", node: "west" }),
    aPod("pay", { labels: { app: "pay", tier: "api" }, node: "west", ip: "10.77.0.9", serviceAccount: "payer" }),
    aPod("other", { namespace: "prod", labels: { app: "cart" }, node: "east" }),
  ],
  {
    nodes: [
      { name: "east", labels: { zone: "a" } },
      { name: "west", labels: { zone: "b" } },
    ],
  },
);

describe("a selector", () => {
  const cases: readonly { name: string; with: Partial<Selector>; matches: readonly string[] }[] = [
    { name: "without anything takes every pod of its namespaces", with: {}, matches: ["cart", "cart-old", "pay"] },
    {
      name: "takes several namespaces",
      with: { namespaces: ["staging", "prod"], labelSelectors: { app: "cart" } },
      matches: ["cart", "cart-old", "other"],
    },
    { name: "needs all labels", with: { labelSelectors: { app: "cart", tier: "web" } }, matches: ["cart"] },
    {
      name: "reads In",
      with: { expressionSelectors: [{ key: "app", operator: "In", values: ["pay", "x"] }] },
      matches: ["pay"],
    },
    {
      name: "lets NotIn pass a pod without the key",
      with: { expressionSelectors: [{ key: "tier", operator: "NotIn", values: ["web"] }] },
      matches: ["cart-old", "pay"],
    },
    {
      name: "reads Exists",
      with: { expressionSelectors: [{ key: "tier", operator: "Exists", values: [] }] },
      matches: ["cart", "pay"],
    },
    {
      name: "reads DoesNotExist",
      with: { expressionSelectors: [{ key: "tier", operator: "DoesNotExist", values: [] }] },
      matches: ["cart-old"],
    },
    { name: "reads annotations", with: { annotationSelectors: { chaos: "yes" } }, matches: ["cart"] },
    {
      name: "reads fields",
      with: { fieldSelectors: { "spec.nodeName": "west", "status.phase": "Running" } },
      matches: ["pay"],
    },
    {
      name: "matches nothing by a field Kubernetes cannot select",
      with: { fieldSelectors: { "spec.color": "red" } },
      matches: [],
    },
    { name: "includes a phase", with: { podPhaseSelectors: ["Running"] }, matches: ["cart", "pay"] },
    { name: "excludes a phase", with: { podPhaseSelectors: ["!Failed"] }, matches: ["cart", "pay"] },
    { name: "takes named nodes", with: { nodes: ["east"] }, matches: ["cart"] },
    { name: "takes labelled nodes", with: { nodeSelectors: { zone: "b" } }, matches: ["cart-old", "pay"] },
    {
      name: "adds named and labelled nodes",
      with: { nodes: ["east"], nodeSelectors: { zone: "b" } },
      matches: ["cart", "cart-old", "pay"],
    },
    {
      name: "with a pod list ignores everything else and skips missing names",
      with: { pods: { prod: ["other", "gone"] }, labelSelectors: { app: "none" } },
      matches: ["other"],
    },
  ];
  it.each(cases)("$name", ({ with: over, matches }) => {
    expect(matchPods(aSelector(over), cluster).map(({ name }) => name)).toEqual(matches);
  });
});
