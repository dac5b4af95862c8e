import type { FaultRequest, Faults } from "../../src/run/ports.ts";
import type { Terms } from "../../src/run/terms.ts";
import { aWorld, type FakeWorld, someTerms } from "./run.ts";
import { aClusterWith, aPod, spread } from "./snapshot.ts";

/** A world with twice as many pods as a run of `victims` hits, over some nodes. */
export function aBigWorld(victims: number, nodes: number): FakeWorld {
  const world = aWorld();
  const pods = Array.from({ length: 2 * victims }, (_, n) => aPod(`checkout-${n}`, { ...CHECKOUT, ip: addressOf(n) }));
  const payment = { labels: { app: "payment-service" }, workload: "Deployment/payment", ip: "10.78.0.1" };
  world.cluster.snapshotNow = spread(aClusterWith([...pods, aPod("payment-0", payment)]), nodes);
  return world;
}

const CHECKOUT = { labels: { app: "checkout-service" } };

function addressOf(n: number): string {
  return `10.77.${Math.floor(n / 250)}.${(n % 250) + 1}`;
}

/** The terms of a run that hits so many. */
export function bigTerms(victims: number, over: Partial<Terms["guard"]> = {}): Terms {
  const { claims, experiment, guard, ...rest } = someTerms();
  const limits = { ...claims.limits, max_pods: victims, max_duration_seconds: 120 };
  const mode = { kind: "fixed", count: victims } as const;
  return {
    ...rest,
    guard: { ...guard, ...over },
    claims: { ...claims, limits },
    experiment: { ...experiment, mode },
  };
}

export type Watched = {
  /** Orders under way now, by node, and the most that ever were. */
  readonly underWay: Map<string, number>;
  most: number;
  mostOnANode: number;
  readonly asked: FaultRequest[];
};

/** Lets each order take its time, and counts how many are under way at once. */
export function watched(world: FakeWorld, takesMs: (request: FaultRequest) => number): Watched {
  const seen: Watched = { underWay: new Map(), most: 0, mostOnANode: 0, asked: [] };
  const { inject } = world.faults;
  const slow: Faults["inject"] = async (node, request) => {
    seen.asked.push(request);
    const here = (seen.underWay.get(node) ?? 0) + 1;
    seen.underWay.set(node, here);
    const everywhere = [...seen.underWay.values()].reduce((sum, count) => sum + count, 0);
    seen.most = Math.max(seen.most, everywhere);
    seen.mostOnANode = Math.max(seen.mostOnANode, here);
    await world.clock.sleep(takesMs(request));
    seen.underWay.set(node, here - 1);
    return inject(node, request);
  };
  world.faults.inject = slow;
  return seen;
}
