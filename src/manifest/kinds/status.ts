import { listOf, record } from "../shape/records.ts";
import { ANYTHING, type ObjectShape, type Shape, TEXTS } from "../shape/shape.ts";
import { timestampMistake } from "../text/timestamp.ts";
import { INT } from "./go-integers.ts";

// What controllers write, and what comes back with `kubectl get -o yaml`: the API server checks it like everything else.

type Fields = Readonly<Record<string, Shape>>;

const TIME: Shape = { type: "string", check: timestampMistake };
const COUNTS: Shape = { type: "map", values: INT };

const EVENT = record("type operation message", { timestamp: TIME }, { required: ["timestamp"] });

const RECORD = record("id selectorKey phase", { injectedCount: INT, recoveredCount: INT, events: listOf(EVENT) });

const CHAOS: Fields = {
  conditions: listOf(record("type status reason")),
  experiment: record("", {
    desiredPhase: { type: "string", oneOf: ["Run", "Stop"] },
    containerRecords: { ...listOf(RECORD), noNulls: true },
  }),
};

const STRESSED = record("uid memoryUid", { startTime: TIME, memoryStartTime: TIME });
const REFERENCE = record("apiVersion fieldPath kind name namespace resourceVersion uid");
const PROBED = record("type status reason", { lastProbeTime: TIME, lastTransitionTime: TIME });

const STATUSES: Readonly<Record<string, ObjectShape>> = {
  BlockChaos: record("", { ...CHAOS, ids: COUNTS }),
  GCPChaos: record("", { ...CHAOS, attachedDiskStrings: TEXTS }),
  HTTPChaos: record("", { ...CHAOS, instances: COUNTS }),
  IOChaos: record("", { ...CHAOS, instances: COUNTS }),
  NetworkChaos: record("", { ...CHAOS, instances: COUNTS }),
  StressChaos: record("", { ...CHAOS, instances: { type: "map", values: STRESSED } }),
  Schedule: record("", { active: listOf(REFERENCE), time: TIME }),
  StatusCheck: record("", {
    conditions: listOf(PROBED),
    count: INT,
    records: listOf(record("outcome", { startTime: TIME })),
    startTime: TIME,
    completionTime: TIME,
  }),
  Workflow: record("entryNode", {
    conditions: listOf(record("type status reason", { startTime: TIME })),
    startTime: TIME,
    endTime: TIME,
  }),
  PodNetworkChaos: unread("failedMessage observedGeneration"),
  PodIOChaos: unread("failedMessage observedGeneration pid startTime"),
  PodHttpChaos: unread("failedMessage observedGeneration pid startTime"),
  RemoteCluster: unread("conditions currentVersion observedGeneration"),
  WorkflowNode: unread("activeChildren chaosResource conditionalBranchesStatus conditions finishedChildren"),
};

/** The shape of a kind's status; kinds without one of their own have that of a fault. PhysicalMachine has none at all. */
export function statusOf(kind: string): ObjectShape | undefined {
  if (kind === "PhysicalMachine") return undefined;
  return (Object.hasOwn(STATUSES, kind) ? STATUSES[kind] : undefined) ?? record("", CHAOS);
}

/** On creation the API server drops the status of these, and no webhook has read it before: only the names of fields count. */
function unread(names: string): ObjectShape {
  return { type: "object", fields: Object.fromEntries(names.split(" ").map((name) => [name, ANYTHING])), loose: true };
}
