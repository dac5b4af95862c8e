// Measures the daemon's footprint, all of its processes: idle, and with 20 active faults under 1,000 packets a second, once by packet
// queue (the daemon touches every packet) and once by the kernel alone (partition). Run by `make bench-daemon`, in a sandbox.

import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createTicketSigner } from "../../src/channel/ticket-signer.ts";
import { createDaemonFaults } from "../../src/daemon/faults.ts";
import { DAEMON } from "../../src/entrypoints/playground/cluster-side.ts";
import { makeKeys } from "../../src/entrypoints/playground/keys.ts";
import { type Part, startPart } from "../../src/entrypoints/playground/part.ts";
import { parseDeclaration } from "../../src/local/declaration.ts";
import { startLocalCluster } from "../../src/local/supervisor.ts";
import type { Faults, NetworkFaultOrder } from "../../src/run/ports.ts";
import type { TicketClaims } from "../../src/ticket/claims.ts";

const SECONDS = 60;
/** Linux counts a process's time in ticks of 10 ms. */
const TICKS_PER_SECOND = 100;

const folder = mkdtempSync(join(tmpdir(), "bench-daemon-"));
const keys = makeKeys(join(folder, "keys"));
const shop = await startCluster();
const daemon = startDaemon();
const [, address = ""] = await daemon.said(/"listening":"([^"]+)"/);
const keeper = startPart({
  name: "keeper",
  argv: [DAEMON, "keep", "--state-dir", join(folder, "state")],
  logFile: join(folder, "keeper.log"),
});
await shop.ready(60_000);
const faults = connectFaults();

const idle = await measure("idle");
const queue = await measure("20 delays by packet queue", netem(100));
const partition = await measure("20 partitions by the kernel", { kind: "partition" });

mkdirSync(".bench", { recursive: true });
writeFileSync(
  ".bench/daemon.json",
  `${JSON.stringify({ seconds: SECONDS, victims: 20, packetsPerSecond: 1000, idle, queue, partition }, undefined, 2)}\n`,
);
console.log("figures are in .bench/daemon.json");
faults.close();
await Promise.all([daemon.stop(), keeper.stop()]);
await shop.stop();
rmSync(folder, { recursive: true });

type Footprint = {
  readonly daemonRssMb: number;
  readonly keeperRssMb: number;
  readonly peakRssMb: number;
  readonly cpuPercentOfACore: number;
};

/** Puts the fault on every victim (none: idle), measures a minute, and takes it back. */
async function measure(what: string, act?: NetworkFaultOrder["act"]): Promise<Footprint> {
  const runId = act === undefined ? undefined : await injectAll(act);
  await delay(3_000);
  const before = cpuTicks(daemon) + cpuTicks(keeper);
  const renewing = setInterval(() => runId !== undefined && void faults.renew("local", runId, 1), 10_000);
  await delay(SECONDS * 1000);
  clearInterval(renewing);
  const ticks = cpuTicks(daemon) + cpuTicks(keeper) - before;
  const footprint = {
    daemonRssMb: memoryMb(daemon, "VmRSS"),
    keeperRssMb: memoryMb(keeper, "VmRSS"),
    peakRssMb: memoryMb(daemon, "VmHWM") + memoryMb(keeper, "VmHWM"),
    cpuPercentOfACore: (100 * ticks) / TICKS_PER_SECOND / SECONDS,
  };
  if (runId !== undefined) await faults.revert("local", runId, 0);
  console.log(`${what}: ${JSON.stringify(footprint)}`);
  return footprint;
}

async function injectAll(act: NetworkFaultOrder["act"]): Promise<string> {
  const { claims, ticket } = await aTicket();
  const runId = `${claims.jti}-0`;
  const { pods, exemptions } = shop.state();
  const victims = pods.filter(({ service }) => service === "victim");
  for (const [index, { namespace, name, uid, service, pid }] of victims.entries()) {
    await faults.inject("local", {
      ticket,
      runId,
      faultId: `f${index}`,
      epoch: 1,
      victim: { namespace, pod: name, podUid: uid, container: service, localPid: pid },
      deadlineMs: 180_000,
      fault: { kind: "network", direction: "to", peers: [], exempt: exemptions, act },
    });
  }
  return runId;
}

function netem(delayMs: number): NetworkFaultOrder["act"] {
  const none = {
    jitterMs: 0,
    delayCorrelation: 0,
    loss: 0,
    lossCorrelation: 0,
    duplicate: 0,
    duplicateCorrelation: 0,
    corrupt: 0,
    corruptCorrelation: 0,
  };
  return { kind: "netem", delayMs, ...none };
}

async function aTicket(): Promise<{ readonly claims: TicketClaims; readonly ticket: string }> {
  const now = Math.floor(Date.now() / 1000);
  const person = { login: "bench", role: "admin" };
  const claims: TicketClaims = {
    iss: "chaosgate/0",
    aud: shop.clusterId,
    jti: `t${randomBytes(10).toString("hex")}`,
    iat: now,
    exp: now + 900,
    kind: "once",
    repository: { id: 1, owner: "acme", name: "shop" },
    installation_id: 1,
    pull_request: 1,
    head_sha: "0".repeat(40),
    manifests: {},
    documents: [],
    plan: "bench",
    rules_version: "bench",
    environment: "bench",
    requester: person,
    approvers: [],
    limits: {
      max_duration_seconds: 600,
      max_pods: 20,
      max_percent: 100,
      namespaces: ["bench"],
      protected_namespaces: [],
      pairings: [],
    },
    seed: "0".repeat(32),
    objectives: [],
    predictions: {},
  };
  const signer = await createTicketSigner(JSON.parse(readFileSync(keys.ticketKeyFile, "utf8")));
  return { claims, ticket: await signer.sign(claims) };
}

function startCluster() {
  const declared = parseDeclaration(readFileSync("scripts/bench/cluster.yaml", "utf8"));
  if (!declared.ok) throw new Error(declared.problems.join("; "));
  return startLocalCluster({
    declaration: declared.declaration,
    stateDirectory: join(folder, "cluster"),
    workingDirectory: process.cwd(),
  });
}

function startDaemon(): Part {
  const stateFolder = join(folder, "state");
  mkdirSync(stateFolder, { mode: 0o700 });
  const flags = [
    "--state-dir",
    stateFolder,
    "--cluster-id",
    shop.clusterId,
    "--node",
    "local",
    "--allow-local-victims",
  ];
  const tls = ["--tls-cert", keys.daemon.certFile, "--tls-key", keys.daemon.keyFile, "--client-ca", keys.caFile];
  const argv = [DAEMON, "serve", ...flags, ...tls, "--ticket-keys", keys.ticketKeysFile];
  return startPart({ name: "daemon", argv, logFile: join(folder, "daemon.log") });
}

function connectFaults(): Faults & { close(): void } {
  const text = (file: string): string => readFileSync(file, "utf8");
  const tls = { certificate: text(keys.runner.certFile), key: text(keys.runner.keyFile), authority: text(keys.caFile) };
  return createDaemonFaults({ addresses: { local: address }, tls, timeoutMs: 5_000 });
}

/** User and system time of a process with all its threads, in ticks (proc(5), fields 14 and 15 of stat). */
function cpuTicks({ pid }: Part): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

/** A line of /proc/PID/status in MB, of the process and of its children. */
function memoryMb({ pid }: Part, line: "VmRSS" | "VmHWM"): number {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, "utf8").trim().split(" "),
  );
  const pids = [String(pid), ...children.filter((child) => child !== "")];
  const kilobytes = pids.map((one) =>
    Number(new RegExp(`${line}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${one}/status`, "utf8"))?.[1] ?? 0),
  );
  return kilobytes.reduce((sum, value) => sum + value, 0) / 1024;
}
