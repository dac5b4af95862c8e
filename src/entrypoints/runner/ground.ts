// What a runner stands on: processes of this machine and a folder, or a Kubernetes cluster and its objects.

import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { ReviewRequest } from "../../admission/review.ts";
import { type AdmissionServer, startAdmissionServer } from "../../admission/server.ts";
import { createTicketVerifier } from "../../channel/ticket-verifier.ts";
import type { Clock } from "../../clock.ts";
import type { KubernetesConfig, LocalClusterConfig, RunnerConfig } from "../../config/runner.ts";
import { createDaemonFaults } from "../../daemon/faults.ts";
import { followPair, followTls } from "../../daemon/tls-files.ts";
import { openApi } from "../../kubernetes/api.ts";
import { createChaosMeshFaults } from "../../kubernetes/chaos-mesh.ts";
import { openKubernetesCluster } from "../../kubernetes/cluster.ts";
import { LEASE, type Leadership, lead } from "../../kubernetes/leadership.ts";
import { ownAccount } from "../../kubernetes/own-account.ts";
import { createRefusalEvents } from "../../kubernetes/refusal-events.ts";
import { createRunEvents, type RunEventsOptions } from "../../kubernetes/run-events.ts";
import { createRunJournal } from "../../kubernetes/run-journal.ts";
import { createRunStore } from "../../kubernetes/run-store.ts";
import { createLocalCluster } from "../../local/cluster.ts";
import { createFileJournal } from "../../local/file-journal.ts";
import { byEngine } from "../../run/by-engine.ts";
import { createOccupancy, type Occupancy } from "../../run/occupancy.ts";
import type { Cluster, Faults, Journal, Log, Probe } from "../../run/ports.ts";
import type { Order } from "../../run/report.ts";
import { type Beside, judgeBeside } from "./admission.ts";
import { keepRetiring } from "./retire.ts";

export type Ground = {
  readonly clusterId: string;
  readonly world: {
    readonly cluster: Cluster;
    readonly probe?: Probe;
    readonly faults: Faults;
    readonly journal: Journal;
    readonly occupancy: Occupancy;
    readonly onOrder?: (hear: (order: Order) => void) => void;
  };
  /** Aborted when this runner may not lead any longer. */
  readonly lost: AbortSignal;
  close(): Promise<void>;
};

export type Tools = {
  readonly clock: Clock;
  readonly log: Log;
  /** Aborted when the runner has ended. */
  readonly over: AbortSignal;
  /** Aborted when it is asked to end. */
  readonly stop: AbortSignal;
  readonly callTimeoutMs: number;
};

/** Shorter than what a lease may go without a word, so that two attempts fit. */
const API_TIMEOUT_MS = 4_000;

/** The embedded default: nobody else can lead. */
export async function openLocalGround(
  { stateFile, daemons, journalFolder }: LocalClusterConfig,
  { daemonTls }: RunnerConfig,
  { callTimeoutMs }: Tools,
): Promise<Ground> {
  const cluster = createLocalCluster({ stateFile });
  const { clusterId } = await cluster.snapshot();
  const tls = followTls(daemonTls.texts, daemonTls.files);
  const faults = createDaemonFaults({ addresses: daemons, tls, timeoutMs: callTimeoutMs });
  return {
    clusterId,
    world: {
      cluster,
      probe: cluster,
      faults,
      journal: createFileJournal(journalFolder),
      occupancy: createOccupancy(),
    },
    lost: new AbortController().signal,
    close: async () => faults.close(),
  };
}

/** Follows the cluster, and waits until it leads; undefined when it was asked to end before. */
export async function openKubernetesGround(
  config: KubernetesConfig,
  { daemonTls, ticketKeys }: RunnerConfig,
  tools: Tools,
): Promise<Ground | undefined> {
  const { clock, log, over, stop, callTimeoutMs } = tools;
  const { namespace, kubeconfig, daemonPort, daemonName } = config;
  const api = openApi(kubeconfig === undefined ? {} : { kubeconfig }, API_TIMEOUT_MS);
  const onTrouble = (why: string) => log.error({ why }, "cluster could not be followed");
  const cluster = await openKubernetesCluster({ api, clock, namespace, daemonPort, onTrouble }, over);
  const identity = `${hostname()}_${randomUUID().slice(0, 8)}`;
  const events = { api, namespace, reporter: identity, clock, log };
  const verifier = createTicketVerifier({ keys: [], ...ticketKeys });
  const admission = await serveAdmission(config, { cluster, verify: verifier.verify, events });
  const owner = await ownAccount(api, namespace);
  const leadership = await lead({ api, namespace, name: LEASE, identity, owner, clock, log }, stop);
  if (leadership === undefined) {
    await admission?.close();
    return undefined;
  }
  log.info({ term: leadership.term }, "runner leads");
  const store = createRunStore(api, namespace);
  keepRetiring(store, { clock, log }, AbortSignal.any([over, leadership.lost]));
  const tls = followTls({ ...daemonTls.texts, serverName: daemonName }, daemonTls.files);
  const daemons = createDaemonFaults({ addresses: cluster.daemonOf, tls, timeoutMs: callTimeoutMs });
  const mesh = createChaosMeshFaults({ api, clock, injectWithinMs: 10_000, recoverWithinMs: 8_000 });
  const faults = config.chaosMesh ? byEngine(daemons, mesh) : daemons;
  const { hear, onOrder } = orderBoard();
  const journal = createRunJournal({
    store,
    holder: () => leadership,
    clock,
    nonce: randomUUID,
    onPhase: createRunEvents(events),
    onOrder: hear,
  });
  return {
    clusterId: cluster.clusterId,
    world: { cluster, faults, journal, occupancy: createOccupancy(), onOrder },
    lost: leadership.lost,
    close: async () => {
      await closeKubernetes(leadership, daemons, log);
      await admission?.close();
    },
  };
}

type Judging = Pick<Beside, "cluster" | "verify"> & { readonly events: RunEventsOptions };

/** Every runner answers the API server, also one that waits to lead. */
async function serveAdmission(
  { admission }: KubernetesConfig,
  { cluster, verify, events }: Judging,
): Promise<AdmissionServer | undefined> {
  if (admission === undefined) return undefined;
  const { port, host, tls } = admission;
  const { clock, log } = events;
  const tell = createRefusalEvents(events);
  return startAdmissionServer({
    port,
    ...(host !== undefined && { host }),
    tls: followPair(tls.texts, tls.files),
    decide: judgeBeside({ cluster, rules: admission, verify, clock }),
    log,
    onRefused: ({ user, kind, namespace, object }, why) => tell({ user, kind, namespace, name: nameIn(object), why }),
  });
}

/** The server may still have to make one up. */
function nameIn({ metadata }: ReviewRequest["object"]): string {
  const { name, generateName } = Object(metadata) as { readonly name?: unknown; readonly generateName?: unknown };
  return String(name ?? generateName ?? "");
}

/** Orders that the journal finds in ChaosRuns, for whoever drives the runs. */
function orderBoard() {
  const hearers: ((order: Order) => void)[] = [];
  return {
    hear: (order: Order) => {
      for (const hearer of hearers) hearer(order);
    },
    onOrder: (hearer: (order: Order) => void) => {
      hearers.push(hearer);
    },
  };
}

/** The next leader need not wait: everything is rolled back by now. */
async function closeKubernetes(
  leadership: Leadership,
  faults: { readonly close: () => void },
  log: Log,
): Promise<void> {
  faults.close();
  await leadership.release().catch((thrown: unknown) => log.error({ why: String(thrown) }, "lease was not given back"));
}
