import { atMost, list, map, number, object, oneOf, optional, type Shape, text } from "./shape.ts";

// A snapshot that came over a wire or from a file. Its lists are bounded: 100,000 pods are twice of what selection is measured for.

const name = text(300);
const labels = map(200, text(1024));
const flag: Shape = (value, path) => (typeof value === "boolean" ? [] : [`${path} must be true or false`]);

const expression = object({
  key: name,
  operator: oneOf("In", "NotIn", "Exists", "DoesNotExist"),
  values: list(100, text(1024)),
});

const probe = object({ timeoutSeconds: number, periodSeconds: number, failureThreshold: number });

const pod = object({
  namespace: name,
  name,
  uid: name,
  labels,
  annotations: map(500, text(300_000)),
  node: name,
  phase: name,
  ready: flag,
  ip: name,
  hostNetwork: flag,
  workload: optional(text(600)),
  serviceAccount: optional(name),
  restartPolicy: optional(name),
  schedulerName: optional(name),
  nominatedNode: optional(name),
  containers: list(100, object({ name, liveness: optional(probe), readiness: optional(probe) })),
});

const budget = object({
  namespace: name,
  name,
  matchLabels: labels,
  matchExpressions: optional(list(100, expression)),
  disruptionsAllowed: number,
});

const tcp = object({ receiveMaxBytes: number, sendMaxBytes: number, congestionControl: name });

/** Everything of a snapshot that anybody reads. */
export const SNAPSHOT_SHAPE = object({
  clusterId: name,
  takenAt: atMost(8.64e15),
  namespaces: list(20_000, object({ name, labels, annotations: optional(labels) })),
  pods: list(100_000, pod),
  nodes: list(20_000, object({ name, labels, tcp: optional(tcp) })),
  budgets: list(20_000, budget),
  measured: optional(map(200, number)),
  scope: optional(object({ targetNamespace: optional(name), annotatedOnly: optional(flag) })),
});
