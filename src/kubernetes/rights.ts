// The rights that the runner needs, by the calls that the edges make. The chart's roles are held equal to these by a test, and the
// tests' runner has these and no others.

import { CHAOS_MESH_KINDS } from "../run/chaos-mesh-order.ts";
import { CONSENT } from "./consent.ts";
import { CHAOS_POLICY } from "./crd/chaos-policy.ts";
import { CHAOS_RUN } from "./crd/chaos-run.ts";
import { GROUP } from "./crd/definition.ts";
import { LEASE } from "./leadership.ts";

export type Right = {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
};

/** In the whole cluster: looking, and nothing else. */
export const CLUSTER_RIGHTS: readonly Right[] = [
  { apiGroups: [""], resources: ["namespaces", "nodes", "pods"], verbs: ["list", "watch"] },
  { apiGroups: [""], resources: ["namespaces"], resourceNames: ["kube-system"], verbs: ["get"] },
  { apiGroups: ["apps"], resources: ["replicasets"], verbs: ["list", "watch"] },
  { apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: ["list", "watch"] },
  { apiGroups: [GROUP], resources: [CHAOS_POLICY.plural], verbs: ["list", "watch"] },
];

/** In chaosgate's own namespace: its runs, its lease, its events. */
export const OWN_RIGHTS: readonly Right[] = [
  { apiGroups: [GROUP], resources: [CHAOS_RUN.plural], verbs: ["create", "get", "list", "patch"] },
  { apiGroups: [GROUP], resources: [`${CHAOS_RUN.plural}/status`], verbs: ["patch"] },
  // A creation has no name yet that could be asked for.
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], verbs: ["create"] },
  { apiGroups: ["coordination.k8s.io"], resources: ["leases"], resourceNames: [LEASE], verbs: ["get", "update"] },
  { apiGroups: ["events.k8s.io"], resources: ["events"], verbs: ["create"] },
];

/** Of the engine chaos-mesh, where it is on: looking for its objects anywhere. */
export const CHAOS_MESH_RIGHTS: readonly Right[] = [
  { apiGroups: ["chaos-mesh.org"], resources: Object.values(CHAOS_MESH_KINDS), verbs: ["get", "list"] },
  { apiGroups: ["chaos-mesh.org"], resources: ["podhttpchaos", "podiochaos", "podnetworkchaos"], verbs: ["get"] },
];

/** Of the same engine, in each namespace that consents. */
export const CHAOS_MESH_CONSENT_RIGHTS: readonly Right[] = [
  { apiGroups: ["chaos-mesh.org"], resources: Object.values(CHAOS_MESH_KINDS), verbs: ["create", "delete"] },
];

/** In each namespace that consents, by a RoleBinding of its owners. */
export const CONSENT_RIGHTS: readonly Right[] = [
  { apiGroups: [CONSENT.group], resources: [CONSENT.resource], verbs: [CONSENT.verb] },
];
