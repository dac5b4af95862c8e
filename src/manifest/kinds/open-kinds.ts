import { durationMistake } from "../rules/strings.ts";
import { type ObjectShape, TEXT, TEXTS } from "../shape/shape.ts";
import { RETIRED_IN_VERSION_2 } from "./retired.ts";
import { POD_SELECTOR_FIELDS } from "./selector-shape.ts";

/** Kinds that hit pods and of which only the common fields are checked yet. */
export const OPEN_POD_CHAOS_KINDS: readonly string[] = [
  "IOChaos",
  "TimeChaos",
  "StressChaos",
  "HTTPChaos",
  "DNSChaos",
  "KernelChaos",
  "JVMChaos",
  "BlockChaos",
];

/** Kinds that hit no pods by a selector of their own; they are recognised by name. */
export const OPEN_OTHER_KINDS: readonly string[] = [
  "AWSChaos",
  "AzureChaos",
  "GCPChaos",
  "PhysicalMachineChaos",
  "PhysicalMachine",
  "Workflow",
  "WorkflowNode",
  "StatusCheck",
  "RemoteCluster",
  "PodNetworkChaos",
  "PodIOChaos",
  "PodHttpChaos",
];

/** The common fields of a kind that hits pods. No webhook checks the duration of a TimeChaos. */
export function openPodChaos(kind: string): ObjectShape {
  return {
    type: "object",
    fields: {
      ...POD_SELECTOR_FIELDS,
      duration: kind === "TimeChaos" ? TEXT : { type: "string", check: durationMistake },
      containerNames: TEXTS,
      remoteCluster: TEXT,
    },
    required: ["mode"],
    retired: RETIRED_IN_VERSION_2,
    open: true,
  };
}

/** A kind of which nothing but its name is known. */
export const OPEN_KIND: ObjectShape = { type: "object", fields: {}, open: true };
