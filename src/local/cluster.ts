// The run's Cluster and Probe for a local cluster: reads the state that its supervisor writes, changes nothing. A state whose
// supervisor is dead is refused, because nobody keeps it true.

import { type Clock, systemClock } from "../clock.ts";
import { AppError } from "../errors.ts";
import type { Cluster, Probe } from "../run/ports.ts";
import type { PodFact, Snapshot } from "../selector/snapshot.ts";
import { measureConnectTimes } from "./probe.ts";
import { lives } from "./process-id.ts";
import { type LocalPod, type LocalState, readState } from "./state.ts";

export type LocalClusterOptions = { readonly stateFile: string; readonly clock?: Clock };

/** The one node of a local cluster. */
export const LOCAL_NODE = "local";

/** Opens the local cluster whose supervisor writes `stateFile`. */
export function createLocalCluster({ stateFile, clock = systemClock }: LocalClusterOptions): Cluster & Probe {
  const state = (): LocalState => livingState(stateFile);
  return {
    snapshot: async () => snapshotOf(state(), clock.now()),
    consent: async (namespace) => consentOf(state(), namespace),
    exemptions: async () => state().exemptions,
    connectTimes: async (from, to) => measureConnectTimes(state(), from, to),
  };
}

function livingState(stateFile: string): LocalState {
  const state = readOrRefuse(stateFile);
  if (lives(state.supervisor)) return state;
  throw new AppError(
    "CLUSTER_REFUSED",
    `could not read the local cluster from ${stateFile}: its supervisor (process ${state.supervisor.pid}) is gone; start the cluster again, in the same sandbox`,
  );
}

function readOrRefuse(stateFile: string): LocalState {
  try {
    return readState(stateFile);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new AppError("CLUSTER_REFUSED", `could not read the local cluster from ${stateFile}: ${why}`, { cause });
  }
}

/** The snapshot that a state amounts to. */
export function snapshotOf(state: LocalState, takenAt: number): Snapshot {
  return {
    clusterId: state.clusterId,
    takenAt,
    namespaces: state.namespaces.map(({ name, labels }) => ({
      name,
      labels: { "kubernetes.io/metadata.name": name, ...labels },
    })),
    pods: state.pods.map(podFactOf),
    nodes: [{ name: LOCAL_NODE, labels: { "kubernetes.io/hostname": LOCAL_NODE } }],
    budgets: [],
  };
}

function podFactOf(pod: LocalPod): PodFact {
  const { namespace, name, uid, labels, annotations, ip, workload, service, pid } = pod;
  return {
    namespace,
    name,
    uid,
    labels,
    annotations,
    node: LOCAL_NODE,
    phase: "Running",
    ready: pod.ready && !pod.terminating,
    ip,
    hostNetwork: false,
    workload,
    containers: [{ name: service, localPid: pid }],
  };
}

function consentOf(
  { namespaces }: LocalState,
  namespace: string,
): { readonly granted: true } | { readonly granted: false; readonly why: string } {
  const declared = namespaces.find(({ name }) => name === namespace);
  if (declared === undefined) return { granted: false, why: `the cluster has no namespace ${namespace}` };
  if (declared.consent) return { granted: true };
  return {
    granted: false,
    why: `namespace ${namespace} does not consent; its declaration would say \`consent: true\``,
  };
}
