import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTicketSigner } from "../../src/channel/ticket-signer.ts";
import { systemClock as clock } from "../../src/clock.ts";
import { type Keys, makeKeys } from "../../src/entrypoints/playground/keys.ts";
import { type Part, startPart } from "../../src/entrypoints/playground/part.ts";
import { type Api, openApi } from "../../src/kubernetes/api.ts";
import { openKubernetesCluster } from "../../src/kubernetes/cluster.ts";
import { anObjective, OUTSIDE, someClaims } from "../fakes/ticket.ts";
import { type ApiServer, freePort, startApiServer, whyNot } from "./support/api-server.ts";
import { type Bot, type Standing as Serving, sha256, startBot, startPrometheusOf } from "./support/bot.ts";
import { startKwok, whyNoKwok } from "./support/kwok.ts";
import { allRun, daemonAddressOf, nodeName, writeNodes, writePods } from "./support/many-objects.ts";
import { aConsent, aNamespace } from "./support/objects.ts";
import { eventually, installOwnKinds, must } from "./support/own-kinds.ts";
import { bindRunner } from "./support/runner-role.ts";
import { askedBetween, requestsServed, spentBy } from "./support/spent.ts";
import { type StandIn, startStandIn } from "./support/stand-in.ts";

// The runner as a process, beside a thousand nodes and ten thousand pods that KWOK keeps alive in a real API server, and a daemon on each
// node that is a stand-in: what a run costs and how long it takes. Only with CHAOSGATE_FULL, because the objects take a minute to write.

const NODES = 1_000;
const PODS = 10_000;
const RUNS = 200;
const VICTIMS = 2_000;
/** As many as never finish in Chaos Mesh's issue 4776. */
const MANY = 6_000;
const LEASE_MS = 45_000;

const PATH = "chaos/delay.yaml";
const OBJECTS = "/apis/chaosgate.dev/v1alpha1/namespaces/chaosgate/chaosruns";
const missing = whyNot() ?? whyNoKwok() ?? (process.env.CHAOSGATE_FULL === "1" ? undefined : "only in make test-full");

describe.skipIf(missing !== undefined)(`a thousand nodes${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "chaosgate-scale-"));
  const over = new AbortController();
  let server: ApiServer;
  let keys: Keys;
  let bot: Bot;
  let prometheus: Serving;
  let standIn: StandIn;
  let kwok: Part;
  let runner: Part;
  let clusterId: string;
  let port: number;
  let tickets = 0;

  beforeAll(async () => {
    server = await startApiServer({ audited: true });
    for (const name of ["chaosgate", "staging"]) await aNamespace(server, name);
    await installOwnKinds(server);
    await bindRunner(server);
    await aConsent(server, "staging");
    await must(server, "POST", "/apis/chaosgate.dev/v1alpha1/chaospolicies", {
      apiVersion: "chaosgate.dev/v1alpha1",
      kind: "ChaosPolicy",
      metadata: { name: "staging" },
      spec: { namespaces: { names: ["staging"] } },
    });
    kwok = await startKwok(server, folder);
    await writeNodes(server, NODES);
    // Ten pods for each of the small runs, and the rest for a large one.
    await writePods(server, PODS, NODES, (n) => ({ app: n < 10 * RUNS ? `small-${n % RUNS}` : "large" }));
    await allRun(server, kwok, 300_000);
    console.log(JSON.stringify({ kwok: spentBy(kwok.pid) }));
    clusterId = (await must(server, "GET", "/api/v1/namespaces/kube-system")).metadata.uid;
    keys = makeKeys(join(folder, "keys"));
    bot = await startBot({ clusterId, runnerKey: keys.runnerPublicKey }, { untilReported: true });
    prometheus = await startPrometheusOf("0");
    port = await freePort();
    standIn = await startStandIn({
      nodes: Object.fromEntries(Array.from({ length: NODES }, (_, n) => [nodeName(n), daemonAddressOf(n)])),
      port,
      certFile: keys.daemon.certFile,
      keyFile: keys.daemon.keyFile,
      caFile: keys.caFile,
      latencyMs: { least: 5, most: 20 },
      errorShare: 0.01,
      leaseMs: LEASE_MS,
      renewEveryMs: 15_000,
      seed: 7,
    });
    runner = await startRunner();
    console.log(JSON.stringify({ idle: spentBy(runner.pid) }));
  }, 900_000);
  afterAll(async () => {
    over.abort();
    await runner?.stop("SIGKILL");
    await kwok?.stop("SIGKILL");
    await Promise.all([standIn?.stop(), bot?.close(), prometheus?.close(), server?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  async function startRunner(): Promise<Part> {
    const part = startPart({
      name: "runner",
      argv: [process.execPath, "src/entrypoints/cli.ts", "runner", "--kubernetes"],
      env: {
        CHAOSGATE_KUBECONFIG: server.kubeconfig("reader"),
        CHAOSGATE_BOT_URL: bot.url,
        CHAOSGATE_RUNNER_KEY_FILE: keys.runnerKeyFile,
        CHAOSGATE_TICKET_KEYS_FILE: keys.ticketKeysFile,
        CHAOSGATE_REPOSITORIES: "acme/shop",
        CHAOSGATE_DAEMON_PORT: String(port),
        CHAOSGATE_DAEMON_CERT_FILE: keys.runner.certFile,
        CHAOSGATE_DAEMON_KEY_FILE: keys.runner.keyFile,
        CHAOSGATE_DAEMON_CA_FILE: keys.caFile,
        CHAOSGATE_PROMETHEUS_URL: prometheus.url,
        CHAOSGATE_BASELINE_POLLS: "2",
        // What Node takes by itself in a container of the chart's 1 GiB: half of it for what lives long.
        NODE_OPTIONS: "--max-old-space-size=512",
      },
      logFile: join(folder, "runner.log"),
    });
    await part.said(/runner started/, 60_000);
    return part;
  }

  /** A ticket for a delay on so many pods of an app, that waits at the bot until a report of its run has come; its run's name. */
  async function aTicket(app: string, count: number, seconds: number): Promise<string> {
    const signer = await createTicketSigner(JSON.parse(readFileSync(keys.ticketKeyFile, "utf8")));
    const jti = `t${String(++tickets).padStart(20, "0")}`;
    const now = Math.floor(Date.now() / 1000);
    const text = delay(app, count, seconds);
    const limits = { ...someClaims().limits, max_pods: MANY, max_percent: 100, max_duration_seconds: seconds };
    const objectives = [anObjective({ freshness: "time()" }), OUTSIDE];
    const manifests = { [PATH]: sha256(text) };
    const claims = someClaims({ jti, aud: clusterId, iat: now, exp: now + 3_600, manifests, objectives, limits });
    const files = [{ path: PATH, base64: Buffer.from(text).toString("base64") }];
    const repository = { owner: "acme", name: "shop" };
    bot.claims.push({ deploymentId: tickets, repository, ticket: await signer.sign(claims), files });
    return `${jti}-0`;
  }

  /** The last report of a run, once it has ended. */
  async function ended(runId: string, withinMs: number) {
    const until = clock.now() + withinMs;
    for (;;) {
      const report = bot.reports.findLast((one) => one.runId === runId);
      if (report?.verdict !== undefined) return report;
      if (clock.now() > until) throw new Error(`${runId} is ${report?.phase ?? "unheard of"} after ${withinMs} ms`);
      await sleep(200);
    }
  }

  const becauseOf = (runId: string) => bot.reports.findLast((report) => report.runId === runId)?.because ?? "";
  const objectOf = (runId: string) => must(server, "GET", `${OBJECTS}/${runId}`);

  /** What a run lacks of what it should have done; nothing for one that hit them all and gave them back. */
  async function shortfalls(runId: string, victims: number): Promise<readonly string[]> {
    const { status } = await objectOf(runId);
    const is = { victims: status.victims, verdict: status.verdict, rollback: status.rollback, holding: 0 };
    const { holding } = await standIn.standing();
    const should = { victims, verdict: "resilient", rollback: "verified", holding: 0 };
    const found = Object.entries({ ...is, holding }).filter(([what, one]) => one !== Reflect.get(should, what));
    return found.map(([what, one]) => `${what} is ${one}`);
  }

  /** One run alone: its times by its own timeline, the rest by those who were asked. */
  async function measured(app: string, victims: number, seconds: number) {
    const [requests, before, books] = [requestsServed(server), spentBy(runner.pid), await standIn.standing()];
    const runId = await aTicket(app, victims, seconds);
    const sizes: number[] = [];
    const over = new AbortController();
    const looking = (async () => {
      while (!over.signal.aborted) {
        const { status, body } = await server.call("GET", `${OBJECTS}/${runId}`);
        if (status === 200) sizes.push(body.length);
        await sleep(500);
      }
    })();
    const { timeline, undoFailures, because } = await ended(runId, 1_000 * seconds + 120_000);
    over.abort();
    await looking;
    const after = spentBy(runner.pid);
    const asked = askedBetween(requests, requestsServed(server));
    const now = await standIn.standing();
    const at = (what: RegExp) => timeline.find((one) => what.test(one.what))?.at ?? Number.NaN;
    const waves = { mostAtOnce: now.mostAtOnce, mostOfARunOnANode: now.mostOfARunOnANode };
    return {
      runId,
      asked,
      podGets: asked["get pods"] ?? 0,
      figures: {
        victims,
        because,
        preflightMs: at(/preflight passed/) - at(/pods selected/),
        injectMs: at(/faults in place/) - at(/baseline met/),
        rollBackMs: at(/every undo was tried/) - at(/^(resilient|violated|aborted|inconclusive): /),
        verifyMs: at(/finished/) - at(/every undo was tried/),
        largestStatusKb: Math.round(Math.max(...sizes) / 1024),
        apiRequests: Object.values(asked).reduce((sum, count) => sum + count, 0),
        daemonCalls: total(now.calls) - total(books.calls),
        failedCalls: now.failed - books.failed,
        undosTriedAgain: undoFailures.length,
        cpuSeconds: Number((after.cpuSeconds - before.cpuSeconds).toFixed(1)),
        mb: after.mb,
        mostMb: after.mostMb,
        ...waves,
      },
    };
  }

  it("are known after a few dozen requests, and followed without another", async () => {
    const api = openApi({ kubeconfig: server.kubeconfig("reader") }, 30_000);
    const asked: string[] = [];
    const counted: Api = {
      ...api,
      ask: (request) => {
        asked.push(request.path);
        return api.ask(request);
      },
    };
    const before = process.memoryUsage().rss;
    const begun = clock.now();
    const options = { api: counted, clock, namespace: "chaosgate", daemonPort: 7443, onTrouble: () => {} };
    const cluster = await openKubernetesCluster(options, over.signal);
    const openedMs = clock.now() - begun;
    const looked = clock.now();
    const { pods } = await cluster.snapshot();
    const snapshotMs = clock.now() - looked;
    const grownMb = Math.round((process.memoryUsage().rss - before) / (1 << 20));
    console.log(JSON.stringify({ requests: asked.length, openedMs, snapshotMs, grownMb }));
    expect(pods).toHaveLength(PODS + NODES);
    // 22 pages of pods, 2 of nodes, one of each of the others.
    expect(asked.length).toBeLessThan(34);
    expect(openedMs).toBeLessThan(30_000);
    const { namespace, name } = pods.find((pod) => pod.namespace === "staging") ?? pods[0] ?? {};
    await must(server, "DELETE", `/api/v1/namespaces/${namespace}/pods/${name}?gracePeriodSeconds=0`);
    await eventually(async () => (await cluster.snapshot()).pods.length === PODS + NODES - 1);
    expect(asked.length).toBeLessThan(34);
  });

  it("take a run of two thousand victims: all are hit, held for its duration, and given back", async () => {
    const { runId, podGets, figures } = await measured("large", VICTIMS, 60);
    console.log(JSON.stringify(figures));
    expect(await shortfalls(runId, VICTIMS)).toEqual([]);
    expect(podGets).toBe(0);
    expect(figures.failedCalls).toBeGreaterThan(20);
    expect(figures.mostOfARunOnANode).toBe(1);
    expect(figures.largestStatusKb).toBeLessThan(768);
    expect(figures.injectMs).toBeLessThan(25_000);
    expect(figures.rollBackMs).toBeLessThan(15_000);
    expect(figures.apiRequests).toBeLessThan(VICTIMS / 10);
  }, 240_000);

  it("take two hundred runs at once", async () => {
    const [requests, before] = [requestsServed(server), spentBy(runner.pid)];
    const begun = clock.now();
    const ids: string[] = [];
    for (let n = 0; n < RUNS; n += 1) ids.push(await aTicket(`small-${n}`, 5, 60));
    const offered = clock.now();
    for (const id of ids) await ended(id, 240_000);
    const asked = askedBetween(requests, requestsServed(server));
    const after = spentBy(runner.pid);
    const endings = [...Map.groupBy(ids, (id) => becauseOf(id).slice(0, 160))].map(([why, of]) => [why, of.length]);
    const starts = bot.reports.filter(({ sequence }) => sequence === 1).map(({ requestedAt }) => requestedAt);
    console.log(
      JSON.stringify({
        runs: RUNS,
        offeredMs: offered - begun,
        claimedMs: Math.max(...starts) - offered,
        allMs: clock.now() - offered,
        endings: Object.fromEntries(endings),
        requestsPerRun: Object.values(asked).reduce((sum, count) => sum + count, 0) / RUNS,
        cpuSeconds: Number((after.cpuSeconds - before.cpuSeconds).toFixed(1)),
        mb: after.mb,
        mostMb: after.mostMb,
        asked,
      }),
    );
    for (const id of ids) expect(await shortfalls(id, 5), becauseOf(id)).toEqual([]);
    expect(asked["get pods"] ?? 0).toBe(0);
  }, 400_000);

  it("take a run of six thousand pods, which ends", async () => {
    const { runId, podGets, figures } = await measured("large", MANY, 120);
    console.log(JSON.stringify(figures));
    expect(await shortfalls(runId, MANY)).toEqual([]);
    expect(podGets).toBe(0);
    expect(figures.largestStatusKb).toBeLessThan(1_400);
  }, 300_000);

  it("are not said to be hit where no daemon takes an order: the check fails", async () => {
    await standIn.refuse(true);
    try {
      const runId = await aTicket("large", VICTIMS, 30);
      await ended(runId, 120_000);
      expect(await shortfalls(runId, VICTIMS)).toEqual(["victims is 0", "verdict is inconclusive"]);
    } finally {
      await standIn.refuse(false);
    }
  }, 180_000);

  it("are free by their leases when the runner is killed, and not before", async () => {
    const before = await standIn.standing();
    const runId = await aTicket("large", VICTIMS, 120);
    await until(() => bot.reports.findLast((one) => one.runId === runId)?.phase === "watching", 90_000);
    await runner.stop("SIGKILL");
    const killed = clock.now();
    await sleep(LEASE_MS - 10_000);
    expect((await standIn.standing()).holding).toBe(VICTIMS);
    await until(async () => (await standIn.standing()).holding === 0, 15_000);
    const after = await standIn.standing();
    console.log(JSON.stringify({ freedMs: clock.now() - killed, expired: after.expired - before.expired }));
    expect(after.expired - before.expired).toBe(VICTIMS);
    expect(clock.now() - killed).toBeLessThan(LEASE_MS + 3_000);
  }, 240_000);
});

function delay(app: string, count: number, seconds: number): string {
  return `apiVersion: chaos-mesh.org/v1alpha1
kind: NetworkChaos
metadata: { name: delay-${app}, namespace: staging }
spec:
  action: delay
  mode: fixed
  value: "${count}"
  selector: { namespaces: [staging], labelSelectors: { app: ${app} } }
  delay: { latency: 50ms }
  duration: ${seconds}s
`;
}

async function until(holds: () => Promise<boolean> | boolean, withinMs: number): Promise<void> {
  const end = clock.now() + withinMs;
  while (!(await holds())) {
    if (clock.now() > end) throw new Error(`it did not come to hold within ${withinMs} ms`);
    await sleep(200);
  }
}

function total(calls: Readonly<Record<string, number>>): number {
  return Object.values(calls).reduce((sum, count) => sum + count, 0);
}
