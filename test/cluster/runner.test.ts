import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTicketSigner } from "../../src/channel/ticket-signer.ts";
import { createDaemonFaults } from "../../src/daemon/faults.ts";
import { type Keys, makeKeys } from "../../src/entrypoints/playground/keys.ts";
import { type Part, startPart } from "../../src/entrypoints/playground/part.ts";
import { anObjective, OUTSIDE, someClaims } from "../fakes/ticket.ts";
import { type ApiServer, startApiServer, whyNot } from "./support/api-server.ts";
import { type Bot, type Standing, sha256, startBot, startPrometheusOf } from "./support/bot.ts";
import { aConsent, aNamespace, aNode, aRunningPod } from "./support/objects.ts";
import { eventually, installOwnKinds, must } from "./support/own-kinds.ts";
import { bindRunner } from "./support/runner-role.ts";

// `chaosgate runner --kubernetes` as a process, with the runner's own rights, against a real API server and a real node daemon. The
// pods are objects alone: what a daemon does to a container is tried elsewhere.

const DAEMON = ".cache/target/release/chaosgated";
const missing = whyNot() ?? (existsSync(DAEMON) ? undefined : "the daemon is not built (make daemon)");
const RUNS = "/apis/chaosgate.dev/v1alpha1/namespaces/chaosgate/chaosruns";
const LEASE = "/apis/coordination.k8s.io/v1/namespaces/chaosgate/leases/chaosgate-runner";
const PATH = "chaos/delay.yaml";
const DELAY = `apiVersion: chaos-mesh.org/v1alpha1
kind: NetworkChaos
metadata: { name: slow-payment, namespace: staging }
spec:
  action: delay
  mode: one
  selector: { namespaces: [staging], labelSelectors: { app: checkout } }
  delay: { latency: 50ms }
  duration: 20s
`;

describe.skipIf(missing !== undefined)(`a runner in Kubernetes${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "chaosgate-runner-"));
  let server: ApiServer;
  let keys: Keys;
  let bot: Bot;
  let prometheus: Standing;
  let daemon: Part;
  let clusterId: string;
  let daemons: ReturnType<typeof createDaemonFaults>;
  const runners: Part[] = [];
  let port = "";
  let tickets = 0;

  beforeAll(async () => {
    server = await startApiServer();
    for (const name of ["chaosgate", "staging"]) await aNamespace(server, name);
    await installOwnKinds(server);
    await bindRunner(server);
    clusterId = (await must(server, "GET", "/api/v1/namespaces/kube-system")).metadata.uid;
    keys = makeKeys(join(folder, "keys"));
    bot = await startBot({ clusterId, runnerKey: keys.runnerPublicKey });
    prometheus = await startPrometheusOf("0");
    daemon = startDaemon();
    [, port = ""] = await daemon.said(/"listening":"127\.0\.0\.1:(\d+)"/);
    daemons = daemonsAt(port);
    await aNode(server, "node-1", "192.0.2.1", "10.244.1.0/24");
    const labels = { "app.kubernetes.io/name": "chaosgated" };
    await aRunningPod(server, { namespace: "chaosgate", name: "chaosgated", node: "node-1", ip: "127.0.0.1", labels });
    for (const n of [1, 2, 3])
      await aRunningPod(server, {
        namespace: "staging",
        name: `checkout-${n}`,
        node: "node-1",
        ip: `10.244.1.${n + 10}`,
        labels: { app: "checkout" },
      });
  }, 180_000);
  afterAll(async () => {
    daemons?.close();
    await Promise.all([...runners, daemon].map((part) => part?.stop("SIGKILL")));
    await Promise.all([bot?.close(), prometheus?.close(), server?.stop()]);
    rmSync(folder, { recursive: true, force: true });
  });

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
    return startPart({ name: "daemon", argv: [DAEMON, "serve", ...words], logFile: join(folder, "daemon.log") });
  }

  /** The test's own line to the daemon. */
  function daemonsAt(own: string): ReturnType<typeof createDaemonFaults> {
    const [certificate, key, authority] = [keys.runner.certFile, keys.runner.keyFile, keys.caFile].map((file) =>
      readFileSync(file, "utf8"),
    );
    const tls = { certificate: certificate ?? "", key: key ?? "", authority: authority ?? "" };
    return createDaemonFaults({ addresses: { "node-1": `127.0.0.1:${own}` }, tls, timeoutMs: 3_000 });
  }

  async function startRunner(): Promise<Part> {
    const runner = startPart({
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
        CHAOSGATE_RECOVERY_SECONDS: "2",
        CHAOSGATE_ASK_SECONDS: "0.2",
      },
      logFile: join(folder, `runner-${runners.length}.log`),
    });
    runners.push(runner);
    return runner;
  }

  /** A ticket for the delay, signed by the bot's key, that waits at the bot; its run's name. */
  async function aTicket(over: { readonly aud?: string; readonly exp?: number } = {}): Promise<string> {
    const signer = await createTicketSigner(JSON.parse(readFileSync(keys.ticketKeyFile, "utf8")));
    const jti = `t${String(++tickets).padStart(20, "0")}`;
    const now = Math.floor(Date.now() / 1000);
    const objectives = [anObjective({ freshness: "time()" }), OUTSIDE];
    const claims = someClaims({
      jti,
      aud: clusterId,
      iat: now,
      exp: now + 900,
      manifests: { [PATH]: sha256(DELAY) },
      objectives,
      ...over,
    });
    const files = [{ path: PATH, base64: Buffer.from(DELAY).toString("base64") }];
    const repository = { owner: "acme", name: "shop" };
    bot.claims.splice(0, bot.claims.length, {
      deploymentId: tickets,
      repository,
      ticket: await signer.sign(claims),
      files,
    });
    return `${jti}-0`;
  }

  const statusOf = async (runId: string) => {
    const { status, body } = await server.call("GET", `${RUNS}/${runId}`);
    return status === 200 ? JSON.parse(body).status : undefined;
  };
  async function ended(runId: string) {
    await eventually(async () => (await statusOf(runId))?.phase === "finished");
    return statusOf(runId);
  }
  const reported = (runId: string) => bot.reports.findLast((report) => report.runId === runId);

  it("leads, takes a ticket, and says why nothing may be hit: in the object and to the bot", async () => {
    await (await startRunner()).said(/runner started/, 60_000);
    const runId = await aTicket();
    expect(await ended(runId)).toMatchObject({ verdict: "refused", rollback: "not-needed" });
    await eventually(() => reported(runId)?.verdict === "refused");
    expect(reported(runId)?.because).toContain("no ChaosPolicy");
  });

  it.each([
    { name: "of another cluster", over: { aud: "another" }, says: /cluster/ },
    { name: "that has expired", over: { exp: 1 }, says: /expired/ },
  ])("refuses a ticket $name, and keeps that on record", async ({ over, says }) => {
    const runId = await aTicket(over);
    const { verdict, because } = await ended(runId);
    expect({ verdict, because }).toEqual({ verdict: "refused", because: expect.stringMatching(says) });
  });

  it("runs no ticket twice, also not when its object was deleted", async () => {
    const runId = await aTicket();
    await ended(runId);
    const { metadata } = await must(server, "GET", `${RUNS}/${runId}`);
    await must(server, "DELETE", `${RUNS}/${runId}`);
    // The bot goes on offering it; each offer is asked for again five times a second.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const after = await must(server, "GET", `${RUNS}/${runId}`);
    expect(after.metadata).toMatchObject({ uid: metadata.uid, deletionTimestamp: expect.any(String) });
    bot.claims.length = 0;
  });

  it("asks the real daemon of the victim's node, and rolls back what that refuses", async () => {
    await must(server, "POST", "/apis/chaosgate.dev/v1alpha1/chaospolicies", {
      apiVersion: "chaosgate.dev/v1alpha1",
      kind: "ChaosPolicy",
      metadata: { name: "staging" },
      spec: { namespaces: { names: ["staging"] } },
    });
    await aConsent(server, "staging");
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    const runId = await aTicket();
    const status = await ended(runId);
    // These containers exist in no runtime: whatever the daemon makes of that, nobody was hit and nothing is left.
    expect(status).toMatchObject({ phase: "finished", matched: 3, victims: 0 });
    expect(["inconclusive", "refused"]).toContain(status.verdict);
    await eventually(() => reported(runId)?.verdict === status.verdict);
    expect(reported(runId)?.undoFailures).toEqual([]);
    expect(await daemons.active("node-1", runId)).toEqual([]);
    const list = reported(runId)
      ?.timeline.map(({ what }) => what)
      .join("\n");
    expect(list).toMatch(/node-1|checkout-/);
  });

  it("is followed by the next when it is killed, and gives its lease away when it is asked to end", async () => {
    const [first] = runners;
    const second = await startRunner();
    await second.said(/"clusterId"|lease|cluster/, 5_000).catch(() => undefined);
    const before = (await must(server, "GET", LEASE)).spec;
    await first?.stop("SIGKILL");
    await second.said(/runner leads/, 60_000);
    const after = (await must(server, "GET", LEASE)).spec;
    expect(after.leaseTransitions).toBe(before.leaseTransitions + 1);
    expect(after.holderIdentity).not.toBe(before.holderIdentity);
    await second.said(/runner started/);
    expect(await second.stop("SIGTERM")).toBe(0);
    expect((await must(server, "GET", LEASE)).spec.holderIdentity).toBe("");
  });
});
