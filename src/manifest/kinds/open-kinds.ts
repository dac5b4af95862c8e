import type { ObjectShape } from "../shape/shape.ts";

/** Kinds that Chaos Mesh's controllers write for themselves; they are recognised by name. */
export const OPEN_KINDS: readonly string[] = ["WorkflowNode", "PodNetworkChaos", "PodIOChaos", "PodHttpChaos"];

/** A kind of which nothing but its name is known. */
export const OPEN_KIND: ObjectShape = { type: "object", fields: {}, open: true };
