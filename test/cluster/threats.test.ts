import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTicketSigner } from "../../src/channel/ticket-signer.ts";
import { createDaemonFaults } from "../../src/daemon/faults.ts";
import { type Keys, makeKeys } from "../../src/entrypoints/playground/keys.ts";
import { type Part, startPart } from "../../src/entrypoints/playground/part.ts";
import { reviewedSelection } from "../../src/selector/drift.ts";
import type { TicketClaims } from "../../src/ticket/claims.ts";
import { aPod } from "../fakes/snapshot.ts";
import { anObjective, OUTSIDE, someClaims } from "../fakes/ticket.ts";
import { type ApiServer, freePort, startApiServer, whyNot } from "./support/api-server.ts";
import { type Bot, type Standing, sha256, startBot, startPrometheusOf } from "./support/bot.ts";
import { aKindOfChaosMesh, chaosPath } from "./support/chaos-kinds.ts";
import { applied, type KubernetesObject, rendered, whyNoHelm } from "./support/chart.ts";
import { aConsent, aNamespace, aNode, aRunningPod } from "./support/objects.ts";
import { eventually, installOwnKinds, must } from "./support/own-kinds.ts";
import { bindRunner } from "./support/runner-role.ts";

// Each way past the rules, tried against a real API server, `chaosgate runner --kubernetes` as a process with its own rights, and a real
// daemon; each beside the honest act that differs in that one thing. docs/security.md tells of each, held by test/security-page.test.ts.

const DAEMON = ".cache/target/release/chaosgated";
const noDaemon = existsSync(DAEMON) ? undefined : "the daemon is not built (make daemon)";
const missing = whyNot() ?? whyNoHelm() ?? noDaemon;
const RUNS = "/apis/chaosgate.dev/v1alpha1/namespaces/chaosgate/chaosruns";
const EVENTS = "/apis/events.k8s.io/v1/namespaces/chaosgate/events";
const PATH = "chaos/delay.yaml";

const delay = (own = "staging", reached = own) => `apiVersion: chaos-mesh.org/v1alpha1
kind: NetworkChaos
metadata: { name: slow-payment, namespace: ${own} }
spec:
  action: delay
  mode: one
  selector: { namespaces: [${reached}], labelSelectors: { app: checkout } }
  delay: { latency: 50ms }
  duration: 20s
`;

type Wish = { readonly claims?: Partial<TicketClaims>; readonly text?: string; readonly bytes?: string };

describe.skipIf(missing !== undefined)(`tried in the cluster${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "chaosgate-threats-"));
  let server: ApiServer;
  let keys: Keys;
  let foreign: Keys;
  let bot: Bot;
  let prometheus: Standing;
  let daemon: Part;
  let runner: Part;
  let clusterId: string;
  let port = "";
  let tickets = 0;
  let victim: ChildProcess;

  beforeAll(async () => {
    server = await startApiServer();
    for (const name of ["chaosgate", "staging", "other", "quiet"]) await aNamespace(server, name);
    await installOwnKinds(server);
    await aKindOfChaosMesh(server, "PodChaos");
    await bindRunner(server);
    clusterId = (await must(server, "GET", "/api/v1/namespaces/kube-system")).metadata.uid;
    keys = makeKeys(join(folder, "keys"));
    foreign = makeKeys(join(folder, "foreign"));
    bot = await startBot({ clusterId, runnerKey: keys.runnerPublicKey });
    prometheus = await startPrometheusOf("0");
    daemon = startDaemon();
    [, port = ""] = await daemon.said(/"listening":"127\.0\.0\.1:(\d+)"/);
    await somePods();
    await must(server, "POST", "/apis/chaosgate.dev/v1alpha1/chaospolicies", {
      apiVersion: "chaosgate.dev/v1alpha1",
      kind: "ChaosPolicy",
      metadata: { name: "owners" },
      spec: {
        namespaces: { names: ["staging", "other", "quiet"] },
        caps: { pods: 1 },
        engines: ["builtin", "chaos-mesh"],
      },
    });
    await aConsent(server, "staging");
    await startRunner();
    // In a network of its own, as a pod's process is: the daemon spares what shares the node's.
    victim = spawn("unshare", ["--user", "--map-root-user", "--net", "sleep", "600"], { stdio: "ignore" });
  }, 180_000);
  afterAll(async () => {
    victim?.kill("SIGKILL");
    await Promise.all([runner, daemon].map((part) => part?.stop("SIGKILL")));
    await Promise.all([bot?.close(), prometheus?.close(), server?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

  async function somePods(): Promise<void> {
    await aNode(server, "node-1", "192.0.2.1", "10.244.1.0/24");
    const labels = { "app.kubernetes.io/name": "chaosgated" };
    await aRunningPod(server, { namespace: "chaosgate", name: "chaosgated", node: "node-1", ip: "127.0.0.1", labels });
    for (const [at, namespace] of ["staging", "other", "quiet", "kube-system"].entries())
      for (const n of [1, 2, 3]) {
        const name = `${namespace}-checkout-${n}`;
        const ip = `10.244.1.${10 * (at + 1) + n}`;
        await aRunningPod(server, { namespace, name, node: "node-1", ip, labels: { app: "checkout" } });
      }
  }

  function startDaemon(): Part {
    const flags = {
      listen: "127.0.0.1:0",
      "state-dir": join(folder, "daemon"),
      "cluster-id": clusterId,
      node: "node-1",
      "tls-cert": keys.daemon.certFile,
      "tls-key": keys.daemon.keyFile,
      "client-ca": keys.caFile,
      "ticket-keys": keys.ticketKeysFile,
    };
    const words = Object.entries(flags).map(([flag, value]) => `--${flag}=${value}`);
    const argv = [DAEMON, "serve", ...words, "--allow-local-victims"];
    return startPart({ name: "daemon", argv, logFile: join(folder, "daemon.log") });
  }

  /** With the chart's webhook, served by the runner itself. */
  async function startRunner(): Promise<void> {
    const admissionPort = await freePort();
    runner = startPart({
      name: "runner",
      argv: [process.execPath, "src/entrypoints/cli.ts", "runner", "--kubernetes"],
      env: {
        CHAOSGATE_KUBECONFIG: server.kubeconfig("reader"),
        CHAOSGATE_BOT_URL: bot.url,
        CHAOSGATE_RUNNER_KEY_FILE: keys.runnerKeyFile,
        CHAOSGATE_TICKET_KEYS_FILE: keys.ticketKeysFile,
        CHAOSGATE_REPOSITORIES: "acme/shop",
        CHAOSGATE_DAEMON_PORT: port,
        CHAOSGATE_DAEMON_CERT_FILE: keys.runner.certFile,
        CHAOSGATE_DAEMON_KEY_FILE: keys.runner.keyFile,
        CHAOSGATE_DAEMON_CA_FILE: keys.caFile,
        CHAOSGATE_PROMETHEUS_URL: prometheus.url,
        CHAOSGATE_POLL_SECONDS: "0.2",
        CHAOSGATE_BASELINE_POLLS: "3",
        CHAOSGATE_RECOVERY_SECONDS: "1",
        CHAOSGATE_ASK_SECONDS: "0.2",
        CHAOSGATE_ADMISSION_PORT: String(admissionPort),
        CHAOSGATE_ADMISSION_HOST: "127.0.0.1",
        CHAOSGATE_ADMISSION_CERT_FILE: keys.daemon.certFile,
        CHAOSGATE_ADMISSION_KEY_FILE: keys.daemon.keyFile,
      },
      logFile: join(folder, "runner.log"),
    });
    await runner.said(/runner started/, 60_000);
    const hooks = rendered({ "admission.webhook.enabled": "true" }).filter(({ kind }) => /^Validating/.test(kind));
    const clientConfig = {
      url: `https://127.0.0.1:${admissionPort}/validate`,
      caBundle: readFileSync(keys.caFile).toString("base64"),
    };
    for (const object of hooks) {
      const webhooks = object.webhooks?.map((hook: KubernetesObject) => ({ ...hook, clientConfig }));
      await applied(server, webhooks === undefined ? object : { ...object, webhooks });
    }
    await eventually(async () => (await create(aRun("t".padEnd(21, "0")), "?dryRun=All")).status === 403);
  }

  /** What the bot would sign for the delay. */
  function claimsOf({ claims, text = delay() }: Wish): TicketClaims {
    const jti = `t${String(++tickets).padStart(20, "0")}`;
    const now = Math.floor(Date.now() / 1000);
    const objectives = [anObjective({ freshness: "time()" }), OUTSIDE];
    const limits = { ...someClaims().limits, namespaces: ["staging", "quiet"] };
    const manifests = { [PATH]: sha256(text) };
    return someClaims({ jti, aud: clusterId, iat: now, exp: now + 900, manifests, objectives, limits, ...claims });
  }

  async function signed(claims: TicketClaims, by = keys): Promise<string> {
    return (await createTicketSigner(JSON.parse(readFileSync(by.ticketKeyFile, "utf8")))).sign(claims);
  }

  /** A ticket that waits at the bot; its run's name. `bytes`: what comes along instead of what was reviewed. */
  async function offered(wish: Wish = {}): Promise<string> {
    const claims = claimsOf(wish);
    const { text = delay(), bytes = text } = wish;
    const files = [{ path: PATH, base64: Buffer.from(bytes).toString("base64") }];
    const repository = { owner: "acme", name: "shop" };
    const ticket = await signed(claims);
    bot.claims.splice(0, bot.claims.length, { deploymentId: tickets, repository, ticket, files });
    return `${claims.jti}-0`;
  }

  const notesOf = async (name: string): Promise<string> => {
    const { items } = await must(server, "GET", EVENTS);
    const own = items.filter(({ regarding }: KubernetesObject) => regarding.name === name);
    return own.map(({ reason, note }: KubernetesObject) => `${reason}: ${note}`).join("\n");
  };
  async function ended(runId: string) {
    const read = async () => (await server.call("GET", `${RUNS}/${runId}`)).body;
    await eventually(async () => JSON.parse(await read()).status?.phase === "finished");
    return JSON.parse(await read()).status;
  }
  /** The run of a ticket is refused before any fault, and says why in its status, in an event, and to the bot. */
  async function isRefused(wish: Wish, says: RegExp): Promise<void> {
    const runId = await offered(wish);
    const { verdict, rollback, because } = await ended(runId);
    expect({ verdict, rollback, because }).toEqual({
      verdict: "refused",
      rollback: "not-needed",
      because: expect.stringMatching(says),
    });
    await eventually(async () => says.test(await notesOf(runId)));
    await eventually(() => bot.reports.some((report) => report.runId === runId && says.test(report.because ?? "")));
  }
  /** Past every rule: its fault was asked of the daemon, which finds no such container here. */
  async function isAskedOfTheDaemon(wish: Wish = {}): Promise<string> {
    const runId = await offered(wish);
    const status = await ended(runId);
    expect(status).toMatchObject({ matched: 3, because: expect.stringMatching(/container|CRI/i) });
    return runId;
  }

  const aRun = (ticket: string, more: object = {}) => ({
    apiVersion: "chaosgate.dev/v1alpha1",
    kind: "ChaosRun",
    metadata: { name: `${ticket}-0` },
    spec: { run: { ticket, document: "0", requestedAt: "2026-11-26T12:00:00Z", ...more } },
  });
  const create = (run: object, query = "") => server.call("POST", `${RUNS}${query}`, run);

  describe("tickets", () => {
    it("of another cluster", async () => {
      await isRefused({ claims: { aud: "another" } }, /the ticket is for cluster another/);
      await isAskedOfTheDaemon();
    });

    it("that has expired", async () => {
      const past = Math.floor(Date.now() / 1000) - 1000;
      await isRefused({ claims: { iat: past - 100, exp: past } }, /the ticket expired/);
      await isAskedOfTheDaemon();
    });

    it("replayed, also after its ChaosRun was deleted", async () => {
      const runId = await isAskedOfTheDaemon();
      const { metadata } = await must(server, "GET", `${RUNS}/${runId}`);
      const began = bot.reports.filter((report) => report.runId === runId && report.phase === "baseline").length;
      await must(server, "DELETE", `${RUNS}/${runId}`);
      // The bot goes on offering it; each offer is asked for again five times a second.
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      const after = await must(server, "GET", `${RUNS}/${runId}`);
      expect(after.metadata).toMatchObject({ uid: metadata.uid, deletionTimestamp: expect.any(String) });
      expect(bot.reports.filter((report) => report.runId === runId && report.phase === "baseline")).toHaveLength(began);
      const again = await create(aRun(runId.slice(0, -2), { signed: bot.claims[0]?.ticket }));
      expect(again).toMatchObject({ status: 409, body: expect.stringContaining("already exists") });
    });

    it("with an altered manifest", async () => {
      await isRefused({ bytes: delay().replace("50ms", "51ms") }, /is not the file that was reviewed/);
      await isAskedOfTheDaemon();
    });
  });

  describe("reach", () => {
    it("a selector into another namespace", async () => {
      await isRefused({ text: delay("staging", "other") }, /lives in staging and reaches into other/);
      await isAskedOfTheDaemon();
    });

    it("kube-system", async () => {
      const limits = { ...someClaims().limits, namespaces: ["kube-system"] };
      await isRefused({ text: delay("kube-system"), claims: { limits } }, /namespace kube-system is protected/);
    });

    it("labels that changed between review and run", async () => {
      const now = ["staging-checkout-1", "staging-checkout-2", "staging-checkout-3"].map((name) => aPod(name));
      const set = now.map((pod) => ({ ...pod, workload: "StatefulSet/set" }));
      const { seed } = someClaims();
      const reviewOf = (matched: typeof now) => ({
        selections: { [`${PATH}#0`]: reviewedSelection({ matched }, seed) },
      });
      const stranger = "/api/v1/namespaces/staging/pods/stranger";
      await must(server, "POST", "/api/v1/namespaces/staging/pods", {
        metadata: { name: "stranger", labels: { app: "search" } },
        spec: { nodeName: "node-1", containers: [{ name: "main", image: "none.invalid/none" }] },
      });
      const status = { phase: "Running", podIP: "10.244.1.99", conditions: [{ type: "Ready", status: "True" }] };
      await must(server, "PATCH", `${stranger}/status`, { status });
      await isAskedOfTheDaemon({ claims: reviewOf(set) });
      await must(server, "PATCH", stranger, { metadata: { labels: { app: "checkout" } } });
      await isRefused(
        { claims: reviewOf(set) },
        /staging\/Pod\/stranger matches now with 1 pods, and the review did not see it/,
      );
      await must(server, "PATCH", stranger, { metadata: { labels: { app: "search" } } });
      await isAskedOfTheDaemon({ claims: reviewOf(set) });
    });

    it("a namespace without consent", async () => {
      await isRefused({ text: delay("quiet") }, /namespace quiet does not consent: no RoleBinding there/);
      await aConsent(server, "quiet");
      await isAskedOfTheDaemon({ text: delay("quiet") });
    });
  });

  describe("objects", () => {
    const toldOf = (what: RegExp) => eventually(async () => what.test(await notesOf("chaosgate-runner")));

    it("a ChaosRun without a ticket, or with one that somebody else signed", async () => {
      const claims = claimsOf({});
      expect(await create(aRun(claims.jti))).toMatchObject({
        status: 403,
        body: expect.stringContaining("comes from a ticket that the bot signed, and this one has none"),
      });
      await toldOf(/CreationRefused: admin may not create ChaosRun chaosgate\/t\d+-0: a ChaosRun comes from a ticket/);
      const forged = await create(aRun(claims.jti, { signed: await signed(claims, foreign) }));
      expect(forged).toMatchObject({ status: 403, body: expect.stringContaining("could not accept a ticket") });
      const others = await create(aRun("t".padEnd(21, "f"), { signed: await signed(claims) }));
      expect(others).toMatchObject({ status: 403, body: expect.stringContaining("it is named after") });
      expect((await create(aRun(claims.jti, { signed: await signed(claims) }), "?dryRun=All")).status).toBe(201);
    });

    it("an object of Chaos Mesh past policy", async () => {
      const kill = (mode: string) => ({
        apiVersion: "chaos-mesh.org/v1alpha1",
        kind: "PodChaos",
        metadata: { name: `kill-${mode}` },
        spec: { action: "pod-kill", mode, selector: { labelSelectors: { app: "checkout" } } },
      });
      const path = chaosPath("PodChaos", "staging");
      expect(await server.call("POST", path, kill("all"))).toMatchObject({
        status: 403,
        body: expect.stringContaining("ChaosPolicy owners: the experiment may hit 3 pods; the policy's cap is 1"),
      });
      await toldOf(/admin may not create PodChaos staging\/kill-all: ChaosPolicy owners/);
      expect((await server.call("POST", path, kill("one"))).status).toBe(201);
    });
  });

  describe("the daemon", () => {
    type Pair = { readonly certFile: string; readonly keyFile: string };

    /** Asks the daemon to end a process by signal, with these keys and this ticket; what it answers. */
    async function asked(pair: Pair | undefined, ticket: string, runId: string): Promise<string> {
      const [certificate = "", key = ""] = pair === undefined ? [] : [pair.certFile, pair.keyFile].map(textOf);
      const tls = { certificate, key, authority: textOf(keys.caFile) };
      const daemons = createDaemonFaults({ addresses: { "node-1": `127.0.0.1:${port}` }, tls, timeoutMs: 3_000 });
      const place = { namespace: "staging", pod: "checkout-1", podUid: "uid-1", container: "main" };
      const request = { ticket, runId, faultId: "f0", epoch: 1, deadlineMs: 5_000 };
      const fault = { kind: "process", signal: "terminate" } as const;
      try {
        const refOf = { ...place, localPid: victim.pid ?? 0 };
        await daemons.inject("node-1", { ...request, victim: refOf, fault });
        return "done";
      } catch (thrown) {
        return (thrown as Error).message;
      } finally {
        daemons.close();
      }
    }
    /** It has no token to write an event with: its log is where a refusal is told on the node. */
    const log = () => readFileSync(join(folder, "daemon.log"), "utf8");
    const textOf = (file: string) => readFileSync(file, "utf8");

    it("called without a certificate", async () => {
      const claims = claimsOf({});
      expect(await asked(undefined, await signed(claims), `${claims.jti}-0`)).toMatch(/certificate/i);
    });

    it("called with a runner's certificate and no ticket", async () => {
      expect(await asked(keys.runner, "", `${claimsOf({}).jti}-0`)).toMatch(/ticket/);
    });

    it("called with a ticket for another namespace", async () => {
      const claims = claimsOf({ claims: { limits: { ...someClaims().limits, namespaces: ["other"] } } });
      expect(await asked(keys.runner, await signed(claims), `${claims.jti}-0`)).toMatch(
        /does not permit namespace "staging"/,
      );
      await eventually(() => /does not permit namespace/.test(log()));
    });

    it("called from another pod, which has a certificate of its own", async () => {
      const claims = claimsOf({});
      expect(await asked(foreign.runner, await signed(claims), `${claims.jti}-0`)).toMatch(/SSL alert/);
    });

    it("called by the runner with its ticket, which alone reaches the victim", async () => {
      const claims = claimsOf({});
      // None of those before had touched it.
      expect(victim.exitCode ?? victim.signalCode).toBe(null);
      expect(await asked(keys.runner, await signed(claims), `${claims.jti}-0`)).toBe("done");
      await eventually(() => victim.signalCode === "SIGTERM");
    });
  });
});
