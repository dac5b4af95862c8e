import type { ObjectShape } from "../shape/shape.ts";
import { CHAOS_BLOCKS } from "./chaos-blocks.ts";
import { PHYSICAL_MACHINE, REMOTE_CLUSTER } from "./machines.ts";
import { POD_HTTP_CHAOS, POD_IO_CHAOS, POD_NETWORK_CHAOS } from "./pod-state.ts";
import { SCHEDULE } from "./schedule.ts";
import { STATUS_CHECK } from "./status-check.ts";
import { WORKFLOW } from "./workflow.ts";
import { WORKFLOW_NODE } from "./workflow-node.ts";

/** The API version that every kind of Chaos Mesh 2 has. */
export const API_VERSION = "chaos-mesh.org/v1alpha1";

const SPECS: ReadonlyMap<string, ObjectShape> = new Map([
  ...Object.entries(CHAOS_BLOCKS).map(([kind, { shape }]) => [kind, shape] as const),
  ["Schedule", SCHEDULE],
  ["Workflow", WORKFLOW],
  ["StatusCheck", STATUS_CHECK],
  ["PhysicalMachine", PHYSICAL_MACHINE],
  ["RemoteCluster", REMOTE_CLUSTER],
  ["WorkflowNode", WORKFLOW_NODE],
  ["PodNetworkChaos", POD_NETWORK_CHAOS],
  ["PodIOChaos", POD_IO_CHAOS],
  ["PodHttpChaos", POD_HTTP_CHAOS],
]);

/** Every kind of chaos-mesh.org/v1alpha1. */
export const KINDS: readonly string[] = [...SPECS.keys()];

const HITS_NO_PODS = new Set(["AWSChaos", "AzureChaos", "GCPChaos", "PhysicalMachineChaos"]);

/** The shape of a kind's spec, or undefined for a kind that Chaos Mesh does not have. */
export function specOf(kind: string): ObjectShape | undefined {
  return SPECS.get(kind);
}

/** True for kinds that may be created without a spec: nothing asks for one and no webhook writes an empty one. */
export function needsNoSpec(kind: string): boolean {
  return kind === "RemoteCluster" || kind === "PodIOChaos" || kind === "PodHttpChaos";
}

/** True for kinds that hit pods with a selector and a mode of their own. */
export function hitsPods(kind: string): boolean {
  return Object.hasOwn(CHAOS_BLOCKS, kind) && !HITS_NO_PODS.has(kind);
}

/** True where the kind alone says that a document belongs to Chaos Mesh, whatever its apiVersion claims. */
export function isChaosByName(kind: string): boolean {
  return kind.endsWith("Chaos") && SPECS.has(kind);
}
