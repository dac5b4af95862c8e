import { describe, expect, it } from "vitest";
import { liveFacts, queriesOf } from "../../src/impact/live-facts.ts";
import type { ServiceModel } from "../../src/impact/service-model.ts";
import { look } from "../../src/run/look.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { createFakeCluster } from "../fakes/cluster.ts";
import { createFakeFaults } from "../fakes/faults.ts";
import { createFakeMetrics } from "../fakes/metrics.ts";
import { aClusterWith, aPod } from "../fakes/snapshot.ts";

const AT = 1_700_000_000_000;
const TCP = { receiveMaxBytes: 6_291_456, sendMaxBytes: 4_194_304, congestionControl: "cubic" };
const CHECKOUT: ServiceModel = {
  name: "checkout",
  namespace: "staging",
  labels: { app: "checkout-service" },
  rateQuery: "sum(rate(requests[1m]))",
  calls: [{ to: "payment", perRequest: 1, retries: 0, serviceTimeQuery: "payment:seconds:mean" }],
};
const QUESTION = {
  previewId: "p1",
  repository: { owner: "acme", name: "shop" },
  namespaces: ["staging"],
  queries: queriesOf([CHECKOUT]),
};

function aWorld(answers: Readonly<Record<string, readonly number[] | string>>) {
  const faults = createFakeFaults(createFakeClock(AT));
  faults.capable = { ...faults.capable, tcp: TCP };
  const cluster = createFakeCluster(
    aClusterWith([
      aPod("checkout-0", { labels: { app: "checkout-service" } }),
      aPod("other-0", { namespace: "elsewhere", node: "node-2" }),
    ]),
  );
  return { cluster, faults, metrics: createFakeMetrics((promql) => answers[promql] ?? []) };
}

describe("what a runner sees for a review", () => {
  it("are the rates and times that the settings ask for, and TCP of the nodes in question", async () => {
    const world = aWorld({ "sum(rate(requests[1m]))": [640], "payment:seconds:mean": [0.012] });
    const snapshot = await look(QUESTION, world, AT);
    expect(snapshot.nodes.map(({ name, tcp }) => [name, tcp])).toEqual([
      ["node-1", TCP],
      ["node-2", undefined],
    ]);
    const { services, tcp } = liveFacts(snapshot, [CHECKOUT]);
    expect(services.checkout).toMatchObject({
      replicas: 1,
      ratePerSecond: { value: 640, query: "sum(rate(requests[1m]))" },
      callSeconds: { payment: { value: 0.012 } },
    });
    expect(tcp).toMatchObject({ ...TCP, nodes: ["node-1"] });
  });

  it.each([
    { name: "an error", answer: "timeout" },
    { name: "nothing", answer: [] },
    { name: "two series", answer: [1, 2] },
    { name: "not a number", answer: [Number.NaN] },
  ])("leave out a query that answers $name", async ({ answer }) => {
    const snapshot = await look(QUESTION, aWorld({ "sum(rate(requests[1m]))": answer }), AT);
    expect(snapshot.measured).toEqual({});
    expect(liveFacts(snapshot, [CHECKOUT]).services.checkout).not.toHaveProperty("ratePerSecond");
  });

  it("leave out nodes whose daemon is away", async () => {
    const world = aWorld({});
    world.faults.trouble.down = "the daemon is away";
    const snapshot = await look(QUESTION, world, AT);
    expect(snapshot.nodes.every(({ tcp }) => tcp === undefined)).toBe(true);
    expect(liveFacts(snapshot, [CHECKOUT]).tcp).toBeUndefined();
  });

  it("ask Prometheus nothing that the settings do not name", async () => {
    const asked: string[] = [];
    const metrics = createFakeMetrics((promql) => {
      asked.push(promql);
      return [];
    });
    const { queries: _, ...plain } = QUESTION;
    await look(plain, { ...aWorld({}), metrics }, AT);
    expect(asked).toEqual([]);
  });
});
