import { readFileSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock as clock } from "../../src/clock.ts";
import { openApi } from "../../src/kubernetes/api.ts";
import { LEASE, lead } from "../../src/kubernetes/leadership.ts";
import { ownAccount } from "../../src/kubernetes/own-account.ts";
import { type ApiServer, startApiServer, whyNot } from "./support/api-server.ts";
import { aNamespace } from "./support/objects.ts";
import { installOwnKinds, must } from "./support/own-kinds.ts";
import { bindRunner } from "./support/runner-role.ts";

// One leader at a time, by a Lease on a real API server. Times are a tenth of those in a cluster.

const missing = whyNot();
const TIMING = { lasts: 1_500, giveUp: 1_000, retry: 200 };
const LEASES = "/apis/coordination.k8s.io/v1/namespaces/chaosgate/leases";

describe.skipIf(missing !== undefined)(`leadership among runners${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await startApiServer();
    await aNamespace(server, "chaosgate");
    await installOwnKinds(server);
    await bindRunner(server);
  }, 180_000);
  afterAll(() => server?.stop());

  const log = { info: () => {}, error: () => {} };
  const never = new AbortController().signal;
  const contender = (name: string, identity: string) => {
    const api = openApi({ kubeconfig: server.kubeconfig("reader") }, 2_000);
    return { api, namespace: "chaosgate", name, identity, clock, log, timing: TIMING };
  };
  // The only one that the runner's rights are for.
  const aLease = () => LEASE;
  beforeEach(async () => {
    await server.call("DELETE", `${LEASES}/${LEASE}`);
  });
  const isWaiting = async (leading: Promise<unknown>, ms: number) =>
    (await Promise.race([leading.then(() => false), clock.sleep(ms).then(() => true)])) === true;

  it("is one runner's of many that ask at once", async () => {
    const [name, stop] = [aLease(), new AbortController()];
    const asked = Array.from({ length: 5 }, (_, n) => lead(contender(name, `r${n}`), stop.signal));
    await clock.sleep(2 * TIMING.lasts);
    stop.abort();
    const leaders = (await Promise.all(asked)).filter((one) => one !== undefined);
    expect(leaders).toHaveLength(1);
    expect(leaders[0]?.lost.aborted).toBe(false);
    await leaders[0]?.release();
  });

  it("passes on at once when it is given away, under a higher term", async () => {
    const name = aLease();
    // Long enough that even a busy machine passes it on before it would end by itself.
    const timing = { ...TIMING, lasts: 10_000, giveUp: 8_000 };
    const first = await lead({ ...contender(name, "first"), timing }, never);
    const second = lead({ ...contender(name, "second"), timing }, never);
    expect(await isWaiting(second, 1_000)).toBe(true);
    await first?.release();
    const begun = clock.now();
    const next = await second;
    expect(clock.now() - begun).toBeLessThan(timing.lasts / 2);
    expect(next?.term).toBe((first?.term ?? 0) + 1);
    await next?.release();
  });

  it("is lost to whoever took it, and not given away by the loser then", async () => {
    const name = aLease();
    const old = await lead(contender(name, "old"), never);
    const lease = await must(server, "GET", `${LEASES}/${name}`);
    await must(server, "PUT", `${LEASES}/${name}`, {
      ...lease,
      spec: { ...lease.spec, holderIdentity: "usurper", leaseTransitions: lease.spec.leaseTransitions + 1 },
    });
    await expect.poll(() => old?.lost.aborted, { timeout: 2_000 }).toBe(true);
    await old?.release();
    expect((await must(server, "GET", `${LEASES}/${name}`)).spec.holderIdentity).toBe("usurper");
  });

  it("goes to the next when its holder is silent for as long as it lasts, and not before", async () => {
    const name = aLease();
    await must(server, "POST", LEASES, {
      metadata: { name },
      spec: { holderIdentity: "dead", leaseTransitions: 7, renewTime: "2000-01-01T00:00:00.000000Z" },
    });
    const begun = clock.now();
    const next = await lead(contender(name, "next"), never);
    expect(clock.now() - begun).toBeGreaterThanOrEqual(TIMING.lasts);
    expect(next?.term).toBe(8);
    await next?.release();
  });

  it("is given up in time when nobody answers any more, by whoever holds it", async () => {
    const deaf = new AbortController();
    const whole = contender(aLease(), "cut off");
    const { api } = whole;
    const ask: typeof api.ask = (asked) => (deaf.signal.aborted ? new Promise(() => {}) : api.ask(asked));
    const leading = await lead({ ...whole, api: { ...api, ask } }, never);
    await clock.sleep(TIMING.giveUp);
    expect(leading?.lost.aborted).toBe(false);
    deaf.abort();
    const begun = clock.now();
    await expect.poll(() => leading?.lost.aborted, { timeout: TIMING.lasts, interval: 20 }).toBe(true);
    expect(clock.now() - begun).toBeLessThan(TIMING.lasts);
  });

  it("is the only one that a runner may look at or change", async () => {
    await must(server, "POST", LEASES, { metadata: { name: "another" }, spec: {} });
    const { api } = contender(aLease(), "any");
    for (const method of ["GET", "PUT"] as const)
      expect((await api.ask({ method, path: `${LEASES}/another` })).status).toBe(403);
  });

  it("never begins below a term on record, when somebody deleted the lease", async () => {
    const name = aLease();
    const first = await lead(contender(name, "first"), never);
    await first?.release();
    await must(server, "DELETE", `${LEASES}/${name}`);
    const second = await lead(contender(name, "second"), never);
    expect(second?.term).toBeGreaterThanOrEqual(first?.term ?? 0);
    await second?.release();
  });

  it("belongs to the service account that leads, with which it goes, and to nobody where a person leads", async () => {
    const accounts = "/api/v1/namespaces/chaosgate/serviceaccounts";
    const { uid } = (await must(server, "POST", accounts, { metadata: { name: "led" } })).metadata;
    const { token } = (await must(server, "POST", `${accounts}/led/token`, { spec: {} })).status;
    const config = JSON.parse(readFileSync(server.kubeconfig("reader"), "utf8"));
    const kubeconfig = `${server.kubeconfig("reader")}.led`;
    writeFileSync(kubeconfig, JSON.stringify({ ...config, users: [{ name: "reader", user: { token } }] }));

    const owner = await ownAccount(openApi({ kubeconfig }, 2_000), "chaosgate");
    expect(owner).toEqual({ apiVersion: "v1", kind: "ServiceAccount", name: "led", uid });
    expect(await ownAccount(openApi({ kubeconfig }, 2_000), "elsewhere")).toBeUndefined();
    expect(await ownAccount(contender("any", "a person").api, "chaosgate")).toBeUndefined();

    for (const of of [owner, undefined]) {
      const name = aLease();
      const leading = await lead({ ...contender(name, "one"), owner: of }, never);
      const { ownerReferences } = (await must(server, "GET", `${LEASES}/${name}`)).metadata;
      expect(ownerReferences).toEqual(of && [of]);
      await leading?.release();
    }
  });
});
