import { type ObjectShape, type Shape, TEXT, TEXT_MAP, TEXTS } from "../shape/shape.ts";

export const MODES = ["one", "all", "fixed", "fixed-percent", "random-max-percent"] as const;

const OTHER_MODES = {
  percent: "fixed-percent",
  percentage: "fixed-percent",
  "fixed-percentage": "fixed-percent",
  "random-percent": "random-max-percent",
  "max-percent": "random-max-percent",
  random: "one",
  "random-one": "one",
  any: "one",
  single: "one",
  every: "all",
};

// The CRD requires key and operator, and the defaulting webhooks write empty ones where they are absent.
const EXPRESSION: Shape = { type: "object", fields: { key: TEXT, operator: TEXT, values: TEXTS } };

export const EXPRESSIONS: Shape = { type: "list", items: EXPRESSION };

const SELECTOR: Shape = {
  type: "object",
  fields: {
    namespaces: TEXTS,
    labelSelectors: TEXT_MAP,
    expressionSelectors: EXPRESSIONS,
    annotationSelectors: TEXT_MAP,
    fieldSelectors: TEXT_MAP,
    podPhaseSelectors: TEXTS,
    nodes: TEXTS,
    nodeSelectors: TEXT_MAP,
    pods: { type: "map", values: TEXTS },
  },
};

/** The fields with which a kind selects pods. `selector` is not required: the defaulting webhook fills it in. */
export const POD_SELECTOR_FIELDS: Readonly<Record<string, Shape>> = {
  selector: SELECTOR,
  mode: { type: "string", oneOf: MODES, otherWords: OTHER_MODES },
  value: TEXT,
};

/** A NetworkChaos's `target`. */
export const TARGET: ObjectShape = {
  type: "object",
  fields: POD_SELECTOR_FIELDS,
  required: ["mode"],
  advice: { mode: "Add mode: all to take every pod that the target selects, or another mode to take some of them." },
};
