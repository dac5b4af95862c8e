import { lengthOfTimeMistake } from "../rules/strings.ts";
import { TEXT, TEXTS } from "../shape/shape.ts";
import { containerChaos } from "./container-chaos.ts";

/** The spec of a TimeChaos, whose duration no webhook checks. */
export const TIME_CHAOS = containerChaos(
  { timeOffset: { type: "string", check: lengthOfTimeMistake }, clockIds: TEXTS, duration: TEXT },
  ["timeOffset"],
);
