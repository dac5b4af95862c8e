import { correlationMistake, durationMistake } from "../rules/strings.ts";
import { type Shape, type StringShape, TEXT } from "../shape/shape.ts";
import { containerChaos } from "./container-chaos.ts";

const DURATION: StringShape = { type: "string", check: durationMistake };

const DELAY: Shape = {
  type: "object",
  fields: { latency: DURATION, jitter: DURATION, correlation: { type: "string", check: correlationMistake } },
};

/** The spec of a BlockChaos. A missing volumeName passes admission, because the defaulting webhook writes an empty one. */
export const BLOCK_CHAOS = containerChaos(
  { action: { type: "string", oneOf: ["delay"] }, delay: DELAY, volumeName: TEXT },
  ["action"],
);
