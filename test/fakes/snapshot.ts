import type { Expression, Selector } from "../../src/manifest/experiment.ts";
import type { PodFact, Snapshot } from "../../src/selector/snapshot.ts";

/** A pod of `staging` on node `node-1`, with what the test cares about put over it. */
export function aPod(name: string, over: Partial<PodFact> = {}): PodFact {
  return {
    namespace: "staging",
    name,
    uid: `uid-${name}`,
    labels: {},
    annotations: {},
    node: "node-1",
    phase: "Running",
    ready: true,
    ip: "10.77.0.1",
    hostNetwork: false,
    workload: "Deployment/checkout",
    containers: [{ name: "main", localPid: 100 }],
    ...over,
  };
}

/** `count` pods named `prefix-0`, `prefix-1`, ... */
export function pods(prefix: string, count: number, over: Partial<PodFact> = {}): readonly PodFact[] {
  return Array.from({ length: count }, (_, index) =>
    aPod(`${prefix}-${index}`, { ip: `10.77.0.${index + 1}`, ...over }),
  );
}

/** A snapshot of these pods, with the nodes they stand on. */
export function aClusterWith(pods: readonly PodFact[], over: Partial<Snapshot> = {}): Snapshot {
  const nodes = [...new Set(pods.map(({ node }) => node))].map((name) => ({ name, labels: {} }));
  const namespaces = [...new Set(pods.map(({ namespace }) => namespace))].map((name) => ({ name, labels: {} }));
  return { clusterId: "cluster-1", takenAt: 1_700_000_000_000, namespaces, pods, nodes, budgets: [], ...over };
}

/** The selector of everything in `staging`. */
export function aSelector(over: Partial<Selector> = {}): Selector {
  return {
    namespaces: ["staging"],
    labelSelectors: {},
    expressionSelectors: [] as readonly Expression[],
    annotationSelectors: {},
    fieldSelectors: {},
    podPhaseSelectors: [],
    nodes: [],
    nodeSelectors: {},
    ...over,
  };
}

/** The same pods, one after the other on `count` nodes. */
export function spread({ pods, ...rest }: Snapshot, count: number): Snapshot {
  return aClusterWith(
    pods.map((pod, index) => ({ ...pod, node: `node-${index % count}` })),
    { namespaces: rest.namespaces },
  );
}
