import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { erlangB } from "../../src/impact/queueing.ts";
import { hasIpv6 } from "../../src/local/network.ts";
import { CHECKOUT_MODES } from "../../src/playground/shop/modes.ts";
import { errorRatio, newestSampleAge, p99, requestRate, userErrorRatio } from "../../src/playground/shop/queries.ts";
import { createPrometheusMetrics } from "../../src/prometheus/metrics.ts";
import { clusterContract } from "../contract/cluster.ts";
import { eventually } from "../node-e2e/support/eventually.ts";
import { ALERTMANAGER, missingParts, PROMETHEUS } from "./support/sandbox.ts";
import { type Shop, startShop, victimOf } from "./support/shop.ts";

const why = missingParts(PROMETHEUS, ALERTMANAGER);
if (why !== undefined) console.log(`local: skipped, ${why}`);

describe.skipIf(why !== undefined)("the shop on this machine", () => {
  let shop: Shop;

  beforeAll(async () => {
    shop = await startShop();
  });

  afterAll(async () => {
    await shop?.stop();
  });

  const numberOf = async (promql: string): Promise<number | undefined> => {
    const metrics = createPrometheusMetrics({ url: shop.watch.prometheusUrl, timeoutMs: 2_000 });
    const answer = await metrics.query(promql, Date.now());
    return answer.ok ? answer.series[0]?.value : undefined;
  };

  clusterContract("the local cluster", async () => ({ cluster: shop.cluster, namespace: "staging" }));

  it("is 10 checkout, 2 payment, 1 catalog and 1 load, each in a network namespace of its own", () => {
    expect(["checkout", "payment", "catalog", "load"].map((service) => shop.pods(service).length)).toEqual([
      10, 2, 1, 1,
    ]);
    const namespaces = shop.handle.state().pods.map(({ pid }) => networkNamespace(pid));
    expect(new Set([...namespaces, networkNamespace(process.pid)]).size).toBe(15);
  });

  it("is scraped as a whole, under the names of its pods", async () => {
    expect(
      await eventually("14 targets up", 15_000, async () => ((await numberOf("sum(up)")) === 14 ? 14 : undefined)),
    ).toBe(14);
    expect(await numberOf('count(count by (pod) (http_requests_total{namespace="staging"}))')).toBe(12);
  });

  it("serves its users without an error, fast, and steadily enough to judge", async () => {
    const [errors, rate] = [errorRatio("checkout-service", "10s"), requestRate("checkout-service", "10s")];
    await eventually("a full window without an error", 60_000, async () =>
      (await numberOf(errors)) === 0 && Number(await numberOf(rate)) > 180 ? true : undefined,
    );
    expect(await numberOf(p99("checkout-service", "10s"))).toBeLessThan(0.2);
    expect(await numberOf(newestSampleAge("checkout-service"))).toBeLessThan(3);
    expect(await numberOf(userErrorRatio("catalog/catalog", "10s"))).toBe(0);
  });

  it("lets somebody stand inside a pod and time connections to a peer", async () => {
    const [checkout, payment] = [shop.pods("checkout")[0], shop.pods("payment")[0]];
    if (checkout === undefined || payment === undefined) throw new Error("the shop has both");
    const peer = { namespace: "staging", pod: payment.name, podUid: payment.uid, ip: payment.ip };
    const times = await shop.cluster.connectTimes(victimOf(checkout), peer);
    expect(times.length).toBe(10);
    expect([...times].sort((a, b) => a - b)[4]).toBeLessThan(20);
  });

  it.skipIf(!hasIpv6())("gives every pod an IPv6 address that its peers reach", async () => {
    const [checkout, payment] = [shop.pods("checkout")[0], shop.pods("payment")[0]];
    if (checkout === undefined || payment?.ipv6 === undefined) throw new Error("the shop has both");
    const peer = { namespace: "staging", pod: payment.name, podUid: payment.uid, ip: payment.ipv6 };
    expect(await shop.cluster.connectTimes(victimOf(checkout), peer)).toHaveLength(10);
  });

  it("replaces a killed pod by a new one with a new name, uid and address", async () => {
    const [victim] = shop.pods("checkout");
    if (victim === undefined) throw new Error("there is a checkout pod");
    const before = new Set(shop.pods("checkout").map(({ uid }) => uid));
    process.kill(victim.pid, "SIGKILL");
    await eventually("ten ready pods again", 20_000, () => {
      const pods = shop.pods("checkout").filter(({ ready, uid }) => ready && uid !== victim.uid);
      return pods.length === 10 ? true : undefined;
    });
    const fresh = shop.pods("checkout").filter(({ uid }) => !before.has(uid));
    expect(fresh).toHaveLength(1);
    expect(fresh[0]?.name).not.toBe(victim.name);
    expect(fresh[0]?.ip).not.toBe(victim.ip);
    expect((await shop.cluster.snapshot()).pods.map(({ uid }) => uid)).not.toContain(victim.uid);
  });

  it("breaks as Erlang's formula says when fragile and payment takes 505 ms, and not when resilient", async () => {
    await shop.handle.rollOut("staging/payment", { SERVICE_TIME_MS: "505" });
    await new Promise((resolve) => setTimeout(resolve, 16_000)); // a window of 15 s with nothing else in it
    const predicted = Number(erlangB(Number(CHECKOUT_MODES.fragile.POOL), 20 * 0.505));
    const fragile = await numberOf(errorRatio("checkout-service", "15s"));
    expect(fragile).toBeGreaterThan(predicted * 0.85);
    expect(fragile).toBeLessThan(predicted * 1.15);
    expect(await activeAlerts(shop.watch.alertmanagerUrl)).toEqual(["CheckoutErrors"]);
    await shop.handle.rollOut("staging/checkout", CHECKOUT_MODES.resilient);
    await new Promise((resolve) => setTimeout(resolve, 11_000)); // a window of 10 s without the fragile pods
    expect(await numberOf(errorRatio("checkout-service", "10s"))).toBe(0);
    expect(await numberOf(p99("checkout-service", "10s"))).toBeLessThan(0.5);
    expect(await numberOf(userErrorRatio("catalog/catalog", "10s"))).toBe(0);
  });

  it("leaves no process, device or namespace when it is stopped, and is refused from then on", async () => {
    const pids = shop.handle.state().pods.map(({ pid }) => pid);
    expect(pids.filter(isRunning)).toEqual(pids);
    await shop.handle.stop();
    expect(pids.filter(isRunning)).toEqual([]);
    expect(linesOf(["ip", "-o", "link"]).filter((line) => /\bcg/.test(line))).toEqual([]);
    expect(linesOf(["ip", "netns", "list"])).toEqual([]);
    expect((await shop.cluster.snapshot()).pods).toEqual([]);
  });
});

function networkNamespace(pid: number): string {
  return execFileSync("readlink", [`/proc/${pid}/ns/net`], { encoding: "utf8" }).trim();
}

function linesOf([program = "", ...args]: readonly string[]): readonly string[] {
  return execFileSync(program, args, { encoding: "utf8" })
    .split("\n")
    .filter((line) => line !== "");
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false; // no such process
  }
}

async function activeAlerts(url: string): Promise<readonly string[]> {
  const alerts = (await (await fetch(`${url}/api/v2/alerts?active=true&silenced=false`)).json()) as readonly {
    readonly labels: { readonly alertname: string };
  }[];
  return alerts.map(({ labels }) => labels.alertname);
}
