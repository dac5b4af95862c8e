// The run's Cluster in Kubernetes: what its informers know, and the API server's word on consent. Nothing is changed from here, and
// no pod is ever asked for one by one.

import type { Clock } from "../clock.ts";
import type { ClusterPolicy } from "../policy/cluster-policy.ts";
import type { Cluster, Exemption } from "../run/ports.ts";
import type { DisruptionBudget, NamespaceFact, NodeFact, PodFact, Snapshot } from "../selector/snapshot.ts";
import type { Api } from "./api.ts";
import { askConsent, type Consent } from "./consent.ts";
import { CHAOS_POLICY } from "./crd/chaos-policy.ts";
import { pathOf } from "./crd/definition.ts";
import {
  budgetOf,
  type HeldPod,
  heldPodOf,
  namespaceOf,
  nodeAddressesOf,
  nodeOf,
  ownerOf,
  withWorkload,
} from "./facts.ts";
import { createInformer, type Informer, METADATA } from "./informer.ts";
import type { Item } from "./list.ts";
import { readPolicy } from "./read-policy.ts";
import { clusterIdOf } from "./read-snapshot.ts";

export type KubernetesClusterOptions = {
  readonly api: Api;
  readonly clock: Clock;
  /** Where chaosgate itself lives: never hit, and where its daemons are looked for. */
  readonly namespace: string;
  readonly daemonPort: number;
  readonly onTrouble: (why: string) => void;
};

export type KubernetesCluster = Cluster & {
  readonly clusterId: string;
  /** `host:port` of the daemon that runs on a node now. */
  readonly daemonOf: (node: string) => string | undefined;
};

type Node = { readonly fact: NodeFact; readonly addresses: readonly string[] };

type Views = {
  readonly namespaces: Informer<NamespaceFact>;
  readonly nodes: Informer<Node>;
  readonly replicaSets: Informer<readonly [string, string]>;
  readonly pods: Informer<HeldPod>;
  readonly budgets: Informer<DisruptionBudget>;
  readonly policies: Informer<ClusterPolicy>;
};

const NAME = "app.kubernetes.io/name";
const DAEMON = "chaosgated";
/** Whoever looks at the victims while a run goes on; a fault that hit their questions would blind its own judge. */
const WATCHERS = ["prometheus", "alertmanager"];

/** Reads the cluster once, and follows it until `signal` aborts. */
export async function openKubernetesCluster(
  options: KubernetesClusterOptions,
  signal: AbortSignal,
): Promise<KubernetesCluster> {
  const { api, clock } = options;
  const clusterId = await clusterIdOf(api);
  const views = viewsOf(options);
  await Promise.all(Object.values(views).map((view) => view.start(signal)));
  return {
    clusterId,
    snapshot: async () => snapshotOf(clusterId, views, clock.now()),
    consent: (namespace) => consentOf(namespace, views, options),
    exemptions: async () => exemptionsOf(views),
    policies: async () => views.policies.values(),
    daemonOf: daemonsOf(views, options),
  };
}

function viewsOf({ api, clock, onTrouble }: KubernetesClusterOptions): Views {
  const view = <T>(path: string, read: (item: Item) => T | undefined, accept?: typeof METADATA) =>
    createInformer({ api, path, clock, read, onTrouble, ...(accept !== undefined && { accept }) });
  return {
    namespaces: view("/api/v1/namespaces", namespaceOf, METADATA),
    nodes: view("/api/v1/nodes", (item) => ({ fact: nodeOf(item), addresses: nodeAddressesOf(item) })),
    replicaSets: view("/apis/apps/v1/replicasets", ownerOf, METADATA),
    pods: view("/api/v1/pods", heldPodOf),
    budgets: view("/apis/policy/v1/poddisruptionbudgets", budgetOf),
    policies: view(pathOf(CHAOS_POLICY), readPolicy),
  };
}

function snapshotOf(clusterId: string, views: Views, now: number): Snapshot {
  return {
    clusterId,
    takenAt: now,
    namespaces: views.namespaces.values(),
    nodes: views.nodes.values().map(({ fact }) => fact),
    pods: podsOf(views),
    budgets: views.budgets.values(),
  };
}

function podsOf(views: Views): readonly PodFact[] {
  const owners = new Map(views.replicaSets.values());
  return views.pods.values().map((pod) => withWorkload(pod, owners));
}

async function consentOf(
  namespace: string,
  views: Views,
  { api, namespace: own }: KubernetesClusterOptions,
): Promise<Consent> {
  if (namespace === own)
    return { granted: false, why: "chaosgate itself lives there, and would have nobody to undo it" };
  if (!views.namespaces.values().some(({ name }) => name === namespace))
    return { granted: false, why: `the cluster has no namespace ${namespace}` };
  return askConsent(api, namespace);
}

function exemptionsOf(views: Views): readonly Exemption[] {
  const watchers = views.pods.values().flatMap(({ fact: { labels, ip } }) => {
    return WATCHERS.includes(labels[NAME] ?? "") && ip !== "" ? [ip] : [];
  });
  const nodes = views.nodes
    .values()
    .flatMap(({ fact, addresses }) => addresses.map((ip) => ({ ...hostOf(ip), node: fact.name })));
  return [...watchers.map(hostOf), ...nodes];
}

function hostOf(ip: string): Exemption {
  return { cidr: `${ip}/${ip.includes(":") ? 128 : 32}`, port: 0 };
}

/** Where a node's daemon is. Asked at every call to one, so that the pods are looked through once for each change of theirs. */
function daemonsOf(views: Views, options: KubernetesClusterOptions): (node: string) => string | undefined {
  let seen: readonly HeldPod[] = [];
  let addresses: ReadonlyMap<string, string> = new Map();
  return (node) => {
    const pods = views.pods.values();
    if (pods !== seen) {
      addresses = daemonAddresses(pods, options);
      seen = pods;
    }
    return addresses.get(node);
  };
}

/** A node has one daemon that is ready; while one replaces the other there may be two, and the ready one counts. */
function daemonAddresses(
  pods: readonly HeldPod[],
  { namespace, daemonPort }: KubernetesClusterOptions,
): ReadonlyMap<string, string> {
  const found = pods
    .map(({ fact }) => fact)
    .filter((pod) => pod.namespace === namespace && pod.labels[NAME] === DAEMON && pod.ip !== "");
  const readyLast = found.toSorted((one, other) => Number(one.ready) - Number(other.ready));
  return new Map(readyLast.map(({ node, ip }) => [node, `${ip.includes(":") ? `[${ip}]` : ip}:${daemonPort}`]));
}
