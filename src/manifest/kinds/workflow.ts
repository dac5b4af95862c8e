import { objectOnly, undefaulted } from "../shape/schema-only.ts";
import { type ObjectShape, type Shape, TEXT, TEXT_MAP, TEXTS } from "../shape/shape.ts";
import { blockFields, CHAOS_BLOCKS } from "./chaos-blocks.ts";
import { CONTAINER } from "./kubernetes-container.ts";
import { VOLUME } from "./kubernetes-volume.ts";
import { STATUS_CHECK } from "./status-check.ts";

/** The types of a Workflow's templates that carry no fault of their own. */
export const FLOW_TYPES = ["Serial", "Parallel", "Suspend", "Task", "Schedule", "StatusCheck"] as const;

// The webhook looks neither into a template's schedule nor into its status check.
const SCHEDULE_OF_TEMPLATE: ObjectShape = objectOnly({
  type: "object",
  fields: {
    schedule: TEXT,
    startingDeadlineSeconds: { type: "integer", min: 0 },
    concurrencyPolicy: { type: "string", oneOf: ["Forbid", "Allow"] },
    historyLimit: { type: "integer", min: 1 },
    type: TEXT,
    ...blockFields(CHAOS_BLOCKS),
  },
  // The CRD does not ask for the policy, and the webhook writes an empty one that the CRD then refuses.
  required: ["concurrencyPolicy"],
});

const BRANCH: Shape = { type: "object", fields: { target: TEXT, expression: TEXT }, filled: ["target"] };

const TASK: Shape = {
  type: "object",
  fields: { container: CONTAINER, volumes: { type: "list", items: VOLUME }, labels: TEXT_MAP },
};

/** One step of a Workflow. */
export const TEMPLATE: ObjectShape = {
  type: "object",
  fields: {
    name: TEXT,
    templateType: { type: "string", oneOf: [...FLOW_TYPES, ...Object.keys(CHAOS_BLOCKS)], byWebhook: true },
    deadline: TEXT,
    children: TEXTS,
    conditionalBranches: { type: "list", items: BRANCH },
    task: TASK,
    schedule: SCHEDULE_OF_TEMPLATE,
    statusCheck: objectOnly(STATUS_CHECK),
    abortWithStatusCheck: { type: "boolean" },
    ...blockFields(CHAOS_BLOCKS),
  },
  required: ["name", "templateType"],
};

/** The spec of a Workflow. */
export const WORKFLOW: ObjectShape = {
  type: "object",
  fields: { entry: TEXT, templates: { type: "list", items: TEMPLATE } },
  required: ["entry", "templates"],
};

/** The same inside a Schedule, whose webhook does not look into it. */
export const UNCHECKED_WORKFLOW: ObjectShape = undefaulted(objectOnly(WORKFLOW));
