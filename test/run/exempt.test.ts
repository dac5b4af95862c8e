import { expect, it } from "vitest";
import { drive } from "../../src/run/drive.ts";
import { orderForNode } from "../../src/run/exempt.ts";
import { createInbox } from "../../src/run/inbox.ts";
import { begin } from "../../src/run/step.ts";
import { aWorld, someTerms } from "../fakes/run.ts";
import { aClusterWith, pods } from "../fakes/snapshot.ts";

it("a daemon is told of its own node's addresses, of everybody's, and of no other node's", async () => {
  const world = aWorld();
  const label = { labels: { app: "checkout-service" } };
  world.cluster.snapshotNow = aClusterWith([
    ...pods("checkout-a", 2, { ...label, node: "node-1" }),
    ...pods("checkout-b", 2, { ...label, node: "node-2" }),
    ...pods("payment", 1, { labels: { app: "payment-service" }, ip: "10.77.1.1" }),
  ]);
  world.cluster.exempt.push(
    { cidr: "192.0.2.9/32", port: 9090 },
    { cidr: "192.0.2.1/32", port: 0, node: "node-1" },
    { cidr: "192.0.2.2/32", port: 0, node: "node-2" },
    { cidr: "192.0.2.3/32", port: 0, node: "node-3" },
  );
  const { experiment, claims, ...rest } = someTerms();
  const limits = { ...claims.limits, max_percent: 100 };
  const terms = {
    ...rest,
    claims: { ...claims, limits },
    experiment: { ...experiment, mode: { kind: "all" as const } },
  };
  await world.journal.claim(terms.runId, 0);
  await drive({ step: begin(terms), events: 0 }, world, createInbox());
  const told = world.faults.injected.map(({ victim, fault }) => [
    victim.pod.slice(0, 10),
    fault.kind === "network" ? fault.exempt : [],
  ]);
  const everywhere = { cidr: "192.0.2.9/32", port: 9090 };
  const [one, two] = [1, 2].map((n) => [everywhere, { cidr: `192.0.2.${n}/32`, port: 0 }]);
  expect(told).toHaveLength(4);
  for (const [pod, exempt] of told) expect(exempt).toEqual(pod === "checkout-a" ? one : two);
});

it("a kill is the same on every node", () => {
  const kill = { kind: "process", signal: "kill" } as const;
  expect(orderForNode(kill, "node-1")).toBe(kill);
});
