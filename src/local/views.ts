// What others make of a state: the endpoints that pods call each other by, and the targets that Prometheus scrapes.

import type { LocalPod, LocalState } from "./state.ts";

/** Addresses (`ip:port`) of the ready pods of each `namespace/service`, as a pod finds them in CHAOSGATE_ENDPOINTS. */
export type Endpoints = Readonly<Record<string, readonly string[]>>;

/** A service that has no ready pod is there with no address. */
export function endpointsOf(pods: readonly LocalPod[]): Endpoints {
  const endpoints: Record<string, readonly string[]> = {};
  for (const { namespace, service, ip, ports, ready, terminating } of pods) {
    const http = ports.http;
    if (http === undefined) continue;
    const key = `${namespace}/${service}`;
    const others = endpoints[key] ?? [];
    endpoints[key] = ready && !terminating ? [...others, `${ip}:${http}`] : others;
  }
  return endpoints;
}

export type ScrapeTarget = { readonly targets: readonly string[]; readonly labels: Readonly<Record<string, string>> };

/** Prometheus' file_sd format: every pod with a port named `metrics`, ready or not. */
export function scrapeTargetsOf(pods: readonly LocalPod[]): readonly ScrapeTarget[] {
  return pods
    .filter(({ ports }) => ports.metrics !== undefined)
    .map(({ ip, ports, namespace, name, service, labels }) => ({
      targets: [`${ip}:${ports.metrics}`],
      labels: { namespace, pod: name, service, app: labels.app ?? service },
    }));
}

/** The pod of a state by its uid. */
export function podByUid({ pods }: LocalState, uid: string): LocalPod | undefined {
  return pods.find((pod) => pod.uid === uid);
}
