import { cronMistake } from "../rules/strings.ts";
import { undefaulted } from "../shape/schema-only.ts";
import type { ObjectShape } from "../shape/shape.ts";
import { type Block, blockFields, CHAOS_BLOCKS } from "./chaos-blocks.ts";
import { NETWORK_CHAOS } from "./network-chaos.ts";
import { UNCHECKED_WORKFLOW } from "./workflow.ts";

/** What a Schedule's `type` can be, and the block that carries it. */
export const SCHEDULED_BLOCKS: Readonly<Record<string, Block>> = {
  ...CHAOS_BLOCKS,
  NetworkChaos: { ...CHAOS_BLOCKS.NetworkChaos, shape: undefaulted(NETWORK_CHAOS) },
  Workflow: { block: "workflow", shape: UNCHECKED_WORKFLOW },
};

/** The spec of a Schedule; its experiment stands in the block that `type` names. */
export const SCHEDULE: ObjectShape = {
  type: "object",
  fields: {
    schedule: { type: "string", check: cronMistake },
    startingDeadlineSeconds: { type: "integer", min: 1 },
    concurrencyPolicy: { type: "string", oneOf: ["Forbid", "Allow"] },
    historyLimit: { type: "integer", min: 1 },
    type: { type: "string", oneOf: Object.keys(SCHEDULED_BLOCKS), byWebhook: true },
    ...blockFields(SCHEDULED_BLOCKS),
  },
  required: ["schedule", "type"],
};
