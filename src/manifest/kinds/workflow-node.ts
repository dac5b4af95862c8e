import type { ObjectShape, Shape } from "../shape/shape.ts";
import { undecoded } from "../shape/undecoded.ts";
import { timestampMistake } from "../text/timestamp.ts";
import { SCHEDULE } from "./schedule.ts";
import { STATUS_CHECK } from "./status-check.ts";
import { TEMPLATE } from "./workflow.ts";

// A date-time is a format of the CRD's own.
const TIME: Shape = { type: "string", check: timestampMistake, pattern: true };

const { name: templateName, templateType: type, ...CARRIED } = TEMPLATE.fields;

/** The spec of a WorkflowNode: one run of a template, which the workflow's controller writes. */
export const WORKFLOW_NODE: ObjectShape = undecoded({
  type: "object",
  fields: {
    ...CARRIED,
    ...(templateName && { templateName, workflowName: templateName }),
    ...(type && { type }),
    startTime: TIME,
    deadline: TIME,
    schedule: SCHEDULE,
    statusCheck: STATUS_CHECK,
  },
  required: ["startTime", "templateName", "type", "workflowName"],
});
