import type { LocalPod, LocalState } from "../../src/local/state.ts";

/** A ready pod of checkout, with changes. */
export function aPod(change: Partial<LocalPod> = {}): LocalPod {
  return {
    name: "checkout-0",
    uid: "uid-0",
    namespace: "staging",
    service: "checkout",
    workload: "Deployment/checkout",
    labels: { app: "checkout-service" },
    annotations: {},
    ip: "10.77.0.16",
    ports: { http: 8080, metrics: 9100 },
    pid: 4242,
    ready: true,
    terminating: false,
    startedAt: 1_000,
    ...change,
  };
}

/** A state with one pod, whose supervisor nobody has seen. */
export function aState(change: Partial<LocalState> = {}): LocalState {
  return {
    version: 1,
    clusterId: "cluster-1",
    supervisor: { pid: 1, startTicks: -1 },
    updatedAt: 1_000,
    namespaces: [
      { name: "staging", labels: { environment: "staging" }, consent: true },
      { name: "catalog", labels: {}, consent: false },
    ],
    exemptions: [{ cidr: "10.77.0.1/32", port: 0 }],
    pods: [aPod()],
    ...change,
  };
}
