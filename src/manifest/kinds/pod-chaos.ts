import { durationMistake } from "../rules/strings.ts";
import { type ObjectShape, TEXT, TEXTS } from "../shape/shape.ts";
import { RETIRED_IN_VERSION_2 } from "./retired.ts";
import { POD_SELECTOR_FIELDS } from "./selector-shape.ts";

/** The actions of a PodChaos. */
export const POD_ACTIONS = ["pod-kill", "pod-failure", "container-kill"] as const;

const OTHER_ACTIONS = {
  kill: "pod-kill",
  "pod-delete": "pod-kill",
  delete: "pod-kill",
  failure: "pod-failure",
  fail: "pod-failure",
  "pod-fail": "pod-failure",
  "kill-container": "container-kill",
};

/** The spec of a PodChaos, as CRD and webhooks of Chaos Mesh 2.8 take it. */
export const POD_CHAOS: ObjectShape = {
  type: "object",
  fields: {
    ...POD_SELECTOR_FIELDS,
    action: { type: "string", oneOf: POD_ACTIONS, otherWords: OTHER_ACTIONS },
    duration: { type: "string", check: durationMistake },
    gracePeriod: { type: "integer", min: 0 },
    containerNames: TEXTS,
    remoteCluster: TEXT,
  },
  required: ["action", "mode"],
  retired: RETIRED_IN_VERSION_2,
};
