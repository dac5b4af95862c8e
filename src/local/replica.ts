import type { PodPlace } from "./addresses.ts";
import type { ServiceDeclaration } from "./declaration.ts";
import type { PodProcess } from "./pod-process.ts";
import type { LocalPod } from "./state.ts";

/** One replica as its supervisor holds it: what it was made from, its process, and what changes while it lives. */
export type Replica = {
  readonly service: ServiceDeclaration;
  readonly name: string;
  readonly uid: string;
  readonly place: PodPlace;
  readonly startedAt: number;
  readonly process: PodProcess;
  ready: boolean;
  failedChecks: number;
  terminating: boolean;
};

/** The replica as the cluster's state shows it. */
export function podOf(replica: Replica, ipv6: boolean): LocalPod {
  const { service, name, uid, place, process, ready, terminating, startedAt } = replica;
  return {
    name,
    uid,
    namespace: service.namespace,
    service: service.name,
    workload: `${service.kind}/${service.name}`,
    labels: service.labels,
    annotations: service.annotations,
    ip: place.ipv4,
    ...(ipv6 ? { ipv6: place.ipv6 } : {}),
    ports: service.ports,
    pid: process.pid,
    ready,
    terminating,
    startedAt,
  };
}

/** Failed checks in a row that make a ready pod unready, as Kubernetes' default. */
const FAILURE_THRESHOLD = 3;

/** Takes one answer of the readiness check; true when the pod's readiness has changed. */
export function noteCheck(replica: Replica, passed: boolean): boolean {
  const before = replica.ready;
  replica.failedChecks = passed ? 0 : replica.failedChecks + 1;
  if (passed) replica.ready = true;
  else if (replica.failedChecks >= FAILURE_THRESHOLD) replica.ready = false;
  return replica.ready !== before;
}
