import {
  correlationMistake,
  durationMistake,
  latencyMistake,
  percentageMistake,
  rateMistake,
} from "../rules/strings.ts";
import { type ObjectShape, type Shape, type StringShape, TEXT, TEXTS } from "../shape/shape.ts";
import { RETIRED_IN_VERSION_2 } from "./retired.ts";
import { POD_SELECTOR_FIELDS, TARGET } from "./selector-shape.ts";

const INT32_MAX = 2 ** 31 - 1;
const CORRELATION: StringShape = { type: "string", check: correlationMistake };
const LATENCY: StringShape = { type: "string", check: latencyMistake, pattern: true };
const JITTER: StringShape = { ...LATENCY, emptyAllowed: true };
const PERCENTAGE: StringShape = { type: "string", check: percentageMistake };
const RATE: StringShape = { type: "string", check: rateMistake };
const ONE_OR_MORE: Shape = { type: "integer", min: 1, max: INT32_MAX };

/** The actions of a NetworkChaos. */
export const NETWORK_ACTIONS = ["netem", "delay", "loss", "duplicate", "corrupt", "partition", "bandwidth"] as const;

const OTHER_ACTIONS = {
  latency: "delay",
  "network-delay": "delay",
  "packet-loss": "loss",
  "network-loss": "loss",
  duplication: "duplicate",
  corruption: "corrupt",
  "network-partition": "partition",
};

// The CRD requires `gap` as well, and the defaulting webhook writes a 0 where it is absent.
const REORDER: ObjectShape = {
  type: "object",
  fields: { reorder: PERCENTAGE, correlation: CORRELATION, gap: { type: "integer" } },
  required: ["reorder"],
  filled: ["reorder", "gap"],
};

const BANDWIDTH: ObjectShape = {
  type: "object",
  fields: {
    rate: RATE,
    limit: ONE_OR_MORE,
    buffer: ONE_OR_MORE,
    peakrate: { type: "integer", min: 0 },
    minburst: { type: "integer", min: 0, max: INT32_MAX },
  },
  required: ["rate", "limit", "buffer"],
};

/** The spec of a NetworkChaos, as CRD and webhooks of Chaos Mesh 2.8 take it. */
export const NETWORK_CHAOS: ObjectShape = {
  type: "object",
  fields: {
    ...POD_SELECTOR_FIELDS,
    action: { type: "string", oneOf: NETWORK_ACTIONS, otherWords: OTHER_ACTIONS },
    direction: { type: "string", oneOf: ["to", "from", "both"], emptyAllowed: true },
    duration: { type: "string", check: durationMistake },
    device: TEXT,
    target: TARGET,
    targetDevice: TEXT,
    externalTargets: TEXTS,
    remoteCluster: TEXT,
    ...trafficControl(),
  },
  required: ["action", "mode"],
  retired: RETIRED_IN_VERSION_2,
};

/** The blocks of parameters that the actions have. */
export function trafficControl(): Readonly<Record<string, Shape>> {
  return {
    delay: {
      type: "object",
      fields: { latency: LATENCY, jitter: JITTER, correlation: CORRELATION, reorder: REORDER },
      required: ["latency"],
    },
    loss: percentageBlock("loss"),
    duplicate: percentageBlock("duplicate"),
    corrupt: percentageBlock("corrupt"),
    rate: { type: "object", fields: { rate: RATE }, required: ["rate"] },
    bandwidth: BANDWIDTH,
  };
}

function percentageBlock(name: string): ObjectShape {
  return { type: "object", fields: { [name]: PERCENTAGE, correlation: CORRELATION }, required: [name] };
}
