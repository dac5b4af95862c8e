import type { ObjectShape } from "../shape/shape.ts";

/** Kinds that controllers write for themselves, and the one whose forty blocks are not modelled; recognised by name. */
export const OPEN_KINDS: readonly string[] = [
  "PhysicalMachineChaos",
  "WorkflowNode",
  "PodNetworkChaos",
  "PodIOChaos",
  "PodHttpChaos",
];

/** A kind of which nothing but its name is known. */
export const OPEN_KIND: ObjectShape = { type: "object", fields: {}, open: true };
