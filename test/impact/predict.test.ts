import { describe, expect, it } from "vitest";
import { liveFacts } from "../../src/impact/live-facts.ts";
import { predict } from "../../src/impact/predict.ts";
import type { PredictionId } from "../../src/impact/prediction.ts";
import type { ServiceModel } from "../../src/impact/service-model.ts";
import type { Experiment } from "../../src/manifest/experiment.ts";
import { select } from "../../src/selector/select.ts";
import { aDelay, aKill } from "../fakes/experiment.ts";
import { aClusterWith, aPod, aSelector, pods } from "../fakes/snapshot.ts";

const CALL = { to: "payment", perRequest: 1, retries: 0, rttMs: 2, windowBytes: 65_536, serviceTimeMs: 0 } as const;
const CHECKOUT: ServiceModel = {
  name: "checkout",
  namespace: "staging",
  labels: { app: "checkout-service" },
  ratePerSecond: 1000,
  pool: 200,
  calls: [CALL],
};
const PAYMENT: ServiceModel = { name: "payment", namespace: "staging", labels: { app: "payment-service" }, calls: [] };
const CLUSTER = aClusterWith([
  ...pods("checkout", 10, { labels: { app: "checkout-service" } }),
  aPod("payment", { labels: { app: "payment-service" } }),
]);

function of(experiment: Experiment, services: readonly ServiceModel[] = [CHECKOUT, PAYMENT]) {
  return predict(experiment, select(experiment, CLUSTER, "0".repeat(32)), services);
}

function find(experiment: Experiment, id: PredictionId, services?: readonly ServiceModel[]) {
  return of(experiment, services).predictions.find((prediction) => prediction.id === id);
}

function with_(
  call: Partial<ServiceModel["calls"][number]>,
  over: Partial<ServiceModel> = {},
): readonly ServiceModel[] {
  return [{ ...CHECKOUT, calls: [{ ...CALL, ...call }], ...over }, PAYMENT];
}

describe("the seed's experiment", () => {
  it("is predicted in the seed's words", () => {
    expect(find(aDelay(), "window-throughput")?.sentence).toBe(
      "one stream with a window of 64 KiB falls from 32.77 MB/s to 130.55 kB/s (-99.60 %)",
    );
    expect(find(aDelay(), "threads")).toMatchObject({
      value: 500,
      binding: "pool",
      sentence: "500 threads would be needed; the pool has 200",
    });
    expect(find(aDelay(), "time-to-saturation")).toMatchObject({ value: 0.2 });
    expect(find(aDelay(), "time-to-saturation")?.sentence).toContain("full 200 ms after injection");
  });

  it("adds its delay to a connection, with the jitter as interval", () => {
    expect(find(aDelay(), "connect-time")).toMatchObject({ value: 500, interval: [450, 550], unit: "ms" });
  });

  it("names where every figure came from", () => {
    expect(find(aDelay(), "window-throughput")?.inputs.map(({ name, from }) => `${name}: ${from}`)).toEqual([
      "TCP window: settings",
      "round trip: settings",
      "delay of a round trip: manifest",
      "jitter of a round trip: manifest",
    ]);
  });
});

describe("a prediction", () => {
  const both = aDelay({ network: { ...aDelay().network, direction: "both" } });
  const partition = aDelay({ network: { ...aDelay().network, action: "partition", netem: {} } });
  const lossy = (percent: number) =>
    aDelay({ network: { ...aDelay().network, action: "loss", netem: { loss: { percent, correlation: 0 } } } });

  it("is the same for packets from the victims as for packets to them", () => {
    const turned = (direction: "to" | "from") => aDelay({ network: { ...aDelay().network, direction } });
    const figures = (experiment: Experiment) => of(experiment).predictions.map(({ id, value }) => [id, value]);
    expect(figures(turned("from"))).toEqual(figures(turned("to")));
    expect(figures(both)).not.toEqual(figures(turned("to")));
  });

  it("lets answers under way free their slots where only requests are delayed", () => {
    const busy = with_({ serviceTimeMs: 50 });
    const turned = (direction: "to" | "from") => aDelay({ network: { ...aDelay().network, direction } });
    expect(find(turned("to"), "time-to-saturation", busy)?.value).toBeCloseTo(200 / 1000, 12);
    expect(find(turned("from"), "time-to-saturation", busy)?.value).toBeCloseTo((200 - 1000 * 0.05) / 1000, 12);
  });

  it("counts a delay in both directions twice", () => {
    expect(find(both, "connect-time")?.value).toBe(1000);
  });

  it("says both sides of the timeout rule", () => {
    expect(find(aDelay(), "timeout-rule", with_({ timeoutMs: 300 }))?.sentence).toContain("error test");
    expect(find(aDelay(), "timeout-rule", with_({ timeoutMs: 2000 }))?.sentence).toContain("latency test");
  });

  it("bounds the failing requests by hit replicas, full pools and timeouts", () => {
    // 3 of 10 replicas; each has 20 slots for 100/s held 0.5 s: Erlang B of 20 slots and 50 erlangs is 0.6115.
    expect(find(aDelay(), "error-share")?.value).toBeCloseTo(0.3 * 0.6115, 3);
    expect(find(aDelay(), "error-share", with_({ timeoutMs: 300 }))?.value).toBeCloseTo(0.3, 10);
    expect(find(partition, "error-share")?.value).toBeCloseTo(0.3, 10);
  });

  it("leaves the interval of errors open to a fallback", () => {
    expect(find(partition, "error-share")?.interval?.[0]).toBe(0);
  });

  it("counts the calls that are made to victims, by the share of them that is hit", () => {
    const onPayment = aDelay({
      selector: aSelector({ labelSelectors: { app: "payment-service" } }),
      mode: { kind: "fixed-percent", percent: 40 },
      network: { ...aDelay().network, target: { selector: aDelay().selector, mode: { kind: "all" } } },
    });
    const threads = predict(onPayment, undefined, [CHECKOUT, PAYMENT]).predictions.find(({ id }) => id === "threads");
    expect(threads).toMatchObject({ subject: "checkout -> payment", value: 200 });
  });

  it("takes a share of the peers for a share of the calls", () => {
    const { network } = aDelay();
    const half = {
      selector: network.target?.selector ?? aSelector(),
      mode: { kind: "fixed-percent", percent: 50 },
    } as const;
    expect(find(aDelay({ network: { ...network, target: half } }), "threads")?.value).toBe(250);
  });

  it("of a fault towards external addresses says nothing of calls between services", () => {
    const { target: _, ...network } = aDelay().network;
    const outward = aDelay({ network: { ...network, externalTargets: ["10.0.0.1"] } });
    expect(find(outward, "threads")).toBeUndefined();
  });

  it("of loss is an interval where the law holds, and a stated silence where not", () => {
    expect(find(lossy(1), "loss-throughput")?.interval?.[0]).toBeGreaterThan(0);
    expect(of(lossy(30)).notPredictable.map(({ id }) => id)).toContain("loss-throughput");
  });

  it("of loss names the stream that it meets, and spares the one that only loses acknowledgements", () => {
    const lost = aDelay({
      network: { ...aDelay().network, direction: "from", netem: { loss: { percent: 1, correlation: 0 } } },
    });
    expect(find(lossy(1), "loss-throughput")?.sentence).toMatch(/^a long stream that a victim sends .* nearly free$/);
    expect(find(lost, "loss-throughput")?.sentence).toMatch(/^a long stream that a victim receives /);
    expect(find(lossy(1), "lost-exchanges")).toMatchObject({ unit: "ratio" });
    expect(find(lossy(1), "lost-exchanges")?.value).toBeCloseTo(0.01, 12);
  });

  it("of retries says what they make of calls that time out, and nothing while none does", () => {
    expect(find(aDelay(), "retry-load", with_({ timeoutMs: 300, retries: 2 }))).toMatchObject({ value: 3 });
    expect(find(aDelay(), "retry-load", with_({ timeoutMs: 2000, retries: 2 }))).toBeUndefined();
  });

  it("takes the settings' word before the cluster's, and the cluster's before a default", () => {
    const { ratePerSecond: _, ...unknown } = CHECKOUT;
    const { rttMs: __, windowBytes: ___, ...bare } = CALL;
    const services = [{ ...unknown, rateQuery: "sum(rate(requests[1m]))", calls: [bare] }, PAYMENT];
    const tcp = { receiveMaxBytes: 262_144, sendMaxBytes: 4_194_304, congestionControl: "cubic" };
    const nodes = CLUSTER.nodes.map((node) => ({ ...node, tcp }));
    const seen = { ...CLUSTER, nodes, measured: { "checkout/rate": 640 } };
    const inputs = (snapshot: typeof CLUSTER, model: readonly ServiceModel[]) =>
      predict(
        aDelay(),
        select(aDelay(), snapshot, "0".repeat(32)),
        model,
        liveFacts(snapshot, model),
      ).predictions.flatMap((prediction) => prediction.inputs);
    const of_ = (name: string, snapshot = seen as typeof CLUSTER, model: readonly ServiceModel[] = services) =>
      inputs(snapshot, model).find((input) => input.name === name);
    expect(of_("arrival rate")).toMatchObject({ value: 640, from: "live", at: "sum(rate(requests[1m]))" });
    expect(of_("arrival rate", seen as typeof CLUSTER, [{ ...services[0], ...CHECKOUT }, PAYMENT])).toMatchObject({
      value: 1000,
      from: "settings",
      at: "services.checkout.rate",
    });
    expect(of_("arrival rate", CLUSTER)).toBeUndefined();
    expect(of_("TCP window")).toMatchObject({ value: 131_072, from: "live", at: "tcp_rmem and tcp_wmem of node-1" });
    expect(of_("TCP window", CLUSTER)).toMatchObject({ value: 3_145_728, from: "default" });
  });

  it("says how much a stream of unknown window carries at most, and not what it lost", () => {
    const { windowBytes: _, ...bare } = CALL;
    const model = [{ ...CHECKOUT, calls: [bare] }, PAYMENT];
    const found = find(aDelay(), "window-throughput", model);
    expect(found?.sentence).toContain("carries at most 6.27 MB/s; one that was slower before is not slowed");
    expect(found).not.toHaveProperty("baseline");
    expect(find(aDelay(), "drop-ratio", model)).toBeUndefined();
    const linked = [{ ...CHECKOUT, calls: [{ ...bare, linkBytesPerSecond: 1_000_000 }] }, PAYMENT];
    expect(find(aDelay(), "window-throughput", linked)).toMatchObject({ binding: "link", baseline: 1_000_000 });
    expect(find(aDelay(), "drop-ratio", linked)?.value).toBe(0);
  });

  it("without a rate or a pool says what is missing", () => {
    const { ratePerSecond: _, ...unknown } = CHECKOUT;
    const { notPredictable } = of(aDelay(), [unknown, PAYMENT]);
    expect(notPredictable.map(({ why }) => why)).toContain("the settings give services.checkout no rate");
  });

  it("without a model still says what the manifest itself says", () => {
    const { predictions, notPredictable } = of(aDelay(), []);
    expect(predictions.map(({ id }) => id)).toEqual(["added-latency", "connect-time"]);
    expect(notPredictable.map(({ id }) => id)).toContain("threads");
  });

  it("marks a figure made from a default as one", () => {
    const { rttMs: _, ...bare } = CALL;
    const inputs = find(aDelay(), "window-throughput", [{ ...CHECKOUT, calls: [bare] }, PAYMENT])?.inputs;
    expect(inputs?.find(({ name }) => name === "round trip")?.from).toBe("default");
  });

  it("of a kill says what the rest must carry", () => {
    const kill = aKill({ mode: { kind: "fixed", count: 5 } });
    expect(find(kill, "load-on-rest")).toMatchObject({ value: 2 });
    expect(of(aKill({ mode: { kind: "all" } })).notPredictable[0]?.why).toContain("no replica stays");
  });
});
