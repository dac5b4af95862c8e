import { cronMistake } from "../rules/strings.ts";
import type { ObjectShape, Shape } from "../shape/shape.ts";
import { EMBEDDED_NETWORK_CHAOS } from "./network-chaos.ts";
import { OPEN_KIND, openPodChaos } from "./open-kinds.ts";
import { POD_CHAOS } from "./pod-chaos.ts";

/** What a Schedule's `type` can be, and the block that carries it. Chaos Mesh spells the physical machine's block so. */
export const SCHEDULED_BLOCKS: Readonly<Record<string, { readonly block: string; readonly shape: Shape }>> = {
  NetworkChaos: { block: "networkChaos", shape: EMBEDDED_NETWORK_CHAOS },
  PodChaos: { block: "podChaos", shape: POD_CHAOS },
  IOChaos: { block: "ioChaos", shape: openPodChaos("IOChaos") },
  TimeChaos: { block: "timeChaos", shape: openPodChaos("TimeChaos") },
  StressChaos: { block: "stressChaos", shape: openPodChaos("StressChaos") },
  HTTPChaos: { block: "httpChaos", shape: openPodChaos("HTTPChaos") },
  DNSChaos: { block: "dnsChaos", shape: openPodChaos("DNSChaos") },
  KernelChaos: { block: "kernelChaos", shape: openPodChaos("KernelChaos") },
  JVMChaos: { block: "jvmChaos", shape: openPodChaos("JVMChaos") },
  BlockChaos: { block: "blockChaos", shape: openPodChaos("BlockChaos") },
  AWSChaos: { block: "awsChaos", shape: OPEN_KIND },
  AzureChaos: { block: "azureChaos", shape: OPEN_KIND },
  GCPChaos: { block: "gcpChaos", shape: OPEN_KIND },
  PhysicalMachineChaos: { block: "physicalmachineChaos", shape: OPEN_KIND },
  Workflow: { block: "workflow", shape: OPEN_KIND },
};

/** The spec of a Schedule; its experiment stands in the block that `type` names. */
export const SCHEDULE: ObjectShape = {
  type: "object",
  fields: {
    schedule: { type: "string", check: cronMistake },
    startingDeadlineSeconds: { type: "integer", min: 1 },
    concurrencyPolicy: { type: "string", oneOf: ["Forbid", "Allow"], emptyAllowed: true },
    historyLimit: { type: "integer", min: 1 },
    type: { type: "string", oneOf: Object.keys(SCHEDULED_BLOCKS) },
    ...Object.fromEntries(Object.values(SCHEDULED_BLOCKS).map(({ block, shape }) => [block, shape])),
  },
  required: ["schedule", "type"],
};
