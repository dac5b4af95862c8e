import type { World } from "../../src/run/drive.ts";
import { createOccupancy } from "../../src/run/occupancy.ts";
import { DEFAULT_GUARD, type Terms } from "../../src/run/terms.ts";
import { createFakeClock } from "./clock.ts";
import { createFakeCluster } from "./cluster.ts";
import { aDelay } from "./experiment.ts";
import { createFakeFaults } from "./faults.ts";
import { createFakeJournal } from "./journal.ts";
import { createFakeMetrics } from "./metrics.ts";
import { createFakeReports } from "./reports.ts";
import { createFakeSilences } from "./silences.ts";
import { aClusterWith, pods } from "./snapshot.ts";
import { someClaims } from "./ticket.ts";

const HEALTHY = { errors: 0, age: 1, outside: 0 };

/** Ten checkout and two payment pods of `staging`. */
export function aShop() {
  return aClusterWith([
    ...pods("checkout", 10, { labels: { app: "checkout-service" } }),
    ...pods("payment", 2, { labels: { app: "payment-service" }, workload: "Deployment/payment" }).map((pod, index) => ({
      ...pod,
      ip: `10.77.1.${index + 1}`,
    })),
  ]);
}

/** The terms of a run of the seed's delay, under a ticket that caps it at 30 s. */
export function someTerms(over: Partial<Terms> = {}): Terms {
  const claims = someClaims();
  return {
    runId: `${claims.jti}-0`,
    ticket: "header.claims.signature",
    claims,
    manifest: { path: "chaos/delay.yaml", index: 0, sha256: "b".repeat(64) },
    experiment: aDelay(),
    objectives: claims.objectives,
    clusterId: "cluster-1",
    runner: "runner-1",
    requestedAt: 1_700_000_000_000,
    guard: { ...DEFAULT_GUARD, pollMs: 1_000, baselinePolls: 3, recoveryMs: 20_000 },
    ...over,
  };
}

/** A whole world of fakes in which every objective holds; a test changes what it is about. */
export function aWorld() {
  const clock = createFakeClock();
  const faults = createFakeFaults(clock);
  return {
    clock,
    faults,
    cluster: createFakeCluster(aShop()),
    metrics: createFakeMetrics((promql) => [HEALTHY[promql as keyof typeof HEALTHY] ?? Number.NaN]),
    silences: createFakeSilences(clock),
    journal: createFakeJournal(),
    reports: createFakeReports(),
    occupancy: createOccupancy(),
  } satisfies World;
}

export type FakeWorld = ReturnType<typeof aWorld>;

/** The error rate rises above its bound as soon as a fault holds somebody, and is gone with it. */
export function breachesUnderFault(world: FakeWorld, objective: "errors" | "outside" = "errors"): void {
  world.metrics.answers = (promql) => {
    if (promql === objective) return [world.faults.holding().length > 0 ? 0.08 : 0];
    return [HEALTHY[promql as keyof typeof HEALTHY] ?? Number.NaN];
  };
}
