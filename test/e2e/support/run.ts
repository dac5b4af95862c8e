import { createHash, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createAlertmanagerSilences } from "../../../src/alertmanager/silences.ts";
import { createTicketSigner } from "../../../src/channel/ticket-signer.ts";
import { systemClock as clock } from "../../../src/clock.ts";
import { createDaemonFaults } from "../../../src/daemon/faults.ts";
import { type ClusterSide, startClusterSide } from "../../../src/entrypoints/playground/cluster-side.ts";
import { demoSettings } from "../../../src/entrypoints/playground/demo-settings.ts";
import { type Keys, makeKeys } from "../../../src/entrypoints/playground/keys.ts";
import { createLocalCluster } from "../../../src/local/cluster.ts";
import { createFileJournal } from "../../../src/local/file-journal.ts";
import { createPrometheusMetrics } from "../../../src/prometheus/metrics.ts";
import { accept } from "../../../src/run/accept.ts";
import { drive } from "../../../src/run/drive.ts";
import { createInbox } from "../../../src/run/inbox.ts";
import { createOccupancy } from "../../../src/run/occupancy.ts";
import { begin } from "../../../src/run/step.ts";
import { DEFAULT_GUARD } from "../../../src/run/terms.ts";
import { parseSettings } from "../../../src/settings.ts";
import { createFakeReports } from "../../fakes/reports.ts";
import { someClaims } from "../../fakes/ticket.ts";

export const MANIFEST = `apiVersion: chaos-mesh.org/v1alpha1
kind: NetworkChaos
metadata: { name: slow-payment, namespace: staging }
spec:
  action: delay
  mode: fixed-percent
  value: "30"
  selector: { namespaces: [staging], labelSelectors: { app: checkout-service } }
  direction: to
  target:
    mode: all
    selector: { namespaces: [staging], labelSelectors: { app: payment-service } }
  delay: { latency: 500ms, jitter: 50ms, correlation: "50" }
  duration: 5m
`;

export const KILL = `apiVersion: chaos-mesh.org/v1alpha1
kind: PodChaos
metadata: { name: kill-one, namespace: staging }
spec:
  action: pod-kill
  mode: one
  selector: { namespaces: [staging], labelSelectors: { app: checkout-service } }
  duration: 5s
`;

const PATH = "chaos/slow-payment.yaml";

/** Everything real but GitHub: shop, Prometheus, Alertmanager, daemon and keeper. */
export type Stage = { readonly keys: Keys; readonly side: ClusterSide; readonly folder: string };

export async function aStage(folder: string): Promise<Stage> {
  const keys = makeKeys(join(folder, "keys"));
  return { keys, side: await startClusterSide({ keys, folder }), folder };
}

/** A ticket for the shop's own cluster, signed with the bot's key and good for a quarter of an hour. */
export async function aTicket({ keys, side }: Stage, manifest = MANIFEST, errorsBelow?: number) {
  const { clusterId } = side.shop;
  const bound = errorsBelow === undefined ? {} : { errorsBelow };
  const parsed = parseSettings(demoSettings({ clusterId, runnerPublicKey: keys.runnerPublicKey, ...bound }));
  if (!("settings" in parsed)) throw new Error(JSON.stringify(parsed));
  const now = Math.floor(clock.now() / 1000);
  const claims = someClaims({
    aud: side.shop.clusterId,
    jti: `t${randomBytes(10).toString("hex")}`,
    iat: now,
    exp: now + 900,
    manifests: { [PATH]: createHash("sha256").update(manifest).digest("hex") },
    documents: [{ path: PATH, index: 0 }],
    objectives: Object.values(parsed.settings.objectives),
  });
  const signer = await createTicketSigner(JSON.parse(readFileSync(keys.ticketKeyFile, "utf8")));
  return { claims, ticket: await signer.sign(claims) };
}

export function realFaults({ keys, side }: Stage) {
  const text = (file: string) => readFileSync(file, "utf8");
  const tls = { certificate: text(keys.runner.certFile), key: text(keys.runner.keyFile), authority: text(keys.caFile) };
  return createDaemonFaults({ addresses: { local: side.daemonAddress }, tls, timeoutMs: 3_000 });
}

export type RunOn = {
  readonly manifest?: string;
  readonly reports?: ReturnType<typeof createFakeReports>;
  /** What the guard holds checkout's error rate to; 1 is a guard that cannot be breached. */
  readonly errorsBelow?: number;
};

/** Drives one run of a manifest in this process; `reports` are the test's to interfere with. */
export async function runOn(
  stage: Stage,
  { manifest = MANIFEST, reports = createFakeReports(), errorsBelow }: RunOn = {},
) {
  const { side, folder } = stage;
  const { ticket, claims } = await aTicket(stage, manifest, errorsBelow);
  const files = [{ path: PATH, text: manifest, sha256: claims.manifests[PATH] ?? "" }];
  const guard = { ...DEFAULT_GUARD, pollMs: 1_000, recoveryMs: 30_000 };
  const here = { clusterId: side.shop.clusterId, runner: "test", environments: [], guard, now: clock.now() };
  const accepted = accept({ ticket, payload: claims, repository: claims.repository, files }, here);
  const [run] = accepted.kind === "runs" ? accepted.runs : [];
  if (run?.kind !== "accepted") throw new Error(JSON.stringify(accepted));
  const journal = createFileJournal(join(folder, "journal"));
  await journal.claim(run.runId, clock.now());
  const cluster = createLocalCluster({ stateFile: side.shop.stateFile });
  const faults = realFaults(stage);
  const { prometheusUrl, alertmanagerUrl } = side.observability;
  const world = {
    cluster,
    probe: cluster,
    faults,
    journal,
    reports,
    clock,
    occupancy: createOccupancy(),
    metrics: createPrometheusMetrics({ url: prometheusUrl, timeoutMs: 3_000 }),
    silences: createAlertmanagerSilences({ url: alertmanagerUrl, timeoutMs: 3_000 }),
  };
  try {
    const { finished, flushed } = await drive({ step: begin(run.terms), events: 0 }, world, createInbox());
    await flushed;
    const report = reports.sent.at(-1);
    if (report === undefined) throw new Error("nothing was reported");
    return { finished, report };
  } finally {
    faults.close();
  }
}
