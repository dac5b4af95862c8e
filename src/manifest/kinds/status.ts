import { ANYTHING, type ObjectShape, type Shape, TEXT, TEXTS } from "../shape/shape.ts";
import { timestampMistake } from "../text/timestamp.ts";
import { INT } from "./go-integers.ts";

// What controllers write, and what comes back with `kubectl get -o yaml`: the API server checks it like everything else.

const TIME: Shape = { type: "string", check: timestampMistake };

const EVENT: Shape = {
  ...record({ type: TEXT, operation: TEXT, message: TEXT, timestamp: TIME }),
  required: ["timestamp"],
};

const RECORD: Shape = record({
  id: TEXT,
  selectorKey: TEXT,
  phase: TEXT,
  injectedCount: INT,
  recoveredCount: INT,
  events: list(EVENT),
});

const CONDITIONS = list(record({ type: TEXT, status: TEXT, reason: TEXT }));

const CHAOS: Readonly<Record<string, Shape>> = {
  conditions: CONDITIONS,
  experiment: record({
    desiredPhase: { type: "string", oneOf: ["Run", "Stop"] },
    containerRecords: list(RECORD),
  }),
};

const STRESSED: Shape = record({ uid: TEXT, startTime: TIME, memoryUid: TEXT, memoryStartTime: TIME });

const REFERENCE: Shape = record({
  apiVersion: TEXT,
  fieldPath: TEXT,
  kind: TEXT,
  name: TEXT,
  namespace: TEXT,
  resourceVersion: TEXT,
  uid: TEXT,
});

const PROBED: Shape = record({ type: TEXT, status: TEXT, reason: TEXT, lastProbeTime: TIME, lastTransitionTime: TIME });

const STATUSES: Readonly<Record<string, ObjectShape>> = {
  BlockChaos: record({ ...CHAOS, ids: { type: "map", values: INT } }),
  GCPChaos: record({ ...CHAOS, attachedDiskStrings: TEXTS }),
  HTTPChaos: record({ ...CHAOS, instances: { type: "map", values: INT } }),
  IOChaos: record({ ...CHAOS, instances: { type: "map", values: INT } }),
  NetworkChaos: record({ ...CHAOS, instances: { type: "map", values: INT } }),
  StressChaos: record({ ...CHAOS, instances: { type: "map", values: STRESSED } }),
  Schedule: record({ active: list(REFERENCE), time: TIME }),
  StatusCheck: record({
    conditions: list(PROBED),
    count: INT,
    records: list(record({ outcome: TEXT, startTime: TIME })),
    startTime: TIME,
    completionTime: TIME,
  }),
  Workflow: record({
    conditions: list(record({ type: TEXT, status: TEXT, reason: TEXT, startTime: TIME })),
    entryNode: TEXT,
    startTime: TIME,
    endTime: TIME,
  }),
};

/** On creation the API server drops the status of these, and no webhook has read it before. */
const UNREAD = new Set(["PodNetworkChaos", "PodIOChaos", "PodHttpChaos", "RemoteCluster", "WorkflowNode"]);

/** The shape of a kind's status; kinds without one of their own have that of a fault. PhysicalMachine has none at all. */
export function statusOf(kind: string): Shape | undefined {
  if (kind === "PhysicalMachine") return undefined;
  if (UNREAD.has(kind)) return ANYTHING;
  return (Object.hasOwn(STATUSES, kind) ? STATUSES[kind] : undefined) ?? record(CHAOS);
}

function record(fields: Readonly<Record<string, Shape>>): ObjectShape {
  return { type: "object", fields };
}

function list(items: Shape): Shape {
  return { type: "list", items };
}
