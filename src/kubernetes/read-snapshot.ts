// What selection, policy and review need of a cluster, and nothing else: an API enters, a snapshot leaves. It reads namespaces,
// nodes, pods, replica sets (their owners) and disruption budgets, never a secret, a config map or a pod's environment.

import type { Snapshot } from "../selector/snapshot.ts";
import type { Api } from "./api.ts";
import { budgetOf, namespaceOf, nodeOf, ownersOf, podOf, uidOf } from "./facts.ts";
import { listAll, METADATA_ONLY, record, refused } from "./list.ts";

/** Reads the cluster. `now` in Unix milliseconds is when the reading began. */
export async function readSnapshot(api: Api, now: number): Promise<Snapshot> {
  const clusterId = await clusterIdOf(api);
  const namespaces = await listAll(api, "/api/v1/namespaces", METADATA_ONLY);
  const nodes = await listAll(api, "/api/v1/nodes", METADATA_ONLY);
  const replicaSets = await listAll(api, "/apis/apps/v1/replicasets", METADATA_ONLY);
  const pods = await listAll(api, "/api/v1/pods");
  const budgets = await listAll(api, "/apis/policy/v1/poddisruptionbudgets");
  const owners = ownersOf(replicaSets);
  return {
    clusterId,
    takenAt: now,
    namespaces: namespaces.map(namespaceOf),
    nodes: nodes.map(nodeOf),
    pods: pods.map((pod) => podOf(pod, owners)),
    budgets: budgets.flatMap((budget) => budgetOf(budget) ?? []),
  };
}

/** A cluster has no name of its own; the UID of kube-system lives as long as it does. */
export async function clusterIdOf(api: Api): Promise<string> {
  const path = "/api/v1/namespaces/kube-system";
  const { status, body } = await api.ask({ method: "GET", path });
  if (status !== 200) throw refused(api, path, status, body);
  return uidOf(record(body));
}
