import { sizeMistake } from "../rules/strings.ts";
import { type IntegerShape, type Shape, TEXT, TEXTS } from "../shape/shape.ts";
import { containerChaos } from "./container-chaos.ts";
import { PERCENT } from "./go-integers.ts";

// The CRD requires workers, and the defaulting webhook writes a 0 where they are absent.
const WORKERS: IntegerShape = { type: "integer", max: 8192 };

const MEMORY: Shape = {
  type: "object",
  fields: {
    workers: WORKERS,
    size: { type: "string", check: sizeMistake },
    oomScoreAdj: { type: "integer", min: -1000, max: 1000 },
    options: TEXTS,
  },
};

const CPU: Shape = { type: "object", fields: { workers: WORKERS, load: PERCENT, options: TEXTS } };

/** The spec of a StressChaos. */
export const STRESS_CHAOS = containerChaos({
  stressors: { type: "object", fields: { memory: MEMORY, cpu: CPU } },
  stressngStressors: TEXT,
});
