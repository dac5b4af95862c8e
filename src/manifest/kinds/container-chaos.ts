import { durationMistake } from "../rules/strings.ts";
import { type ObjectShape, type Shape, TEXT, TEXTS } from "../shape/shape.ts";
import { RETIRED_IN_VERSION_2 } from "./retired.ts";
import { POD_SELECTOR_FIELDS } from "./selector-shape.ts";

type Fields = Readonly<Record<string, Shape>>;

/** The spec of a kind that hits containers of pods: the fields that all of them share, and its own. */
export function containerChaos(own: Fields, required: readonly string[] = []): ObjectShape {
  const duration: Shape = { type: "string", check: durationMistake };
  return {
    type: "object",
    fields: { ...POD_SELECTOR_FIELDS, containerNames: TEXTS, duration, remoteCluster: TEXT, ...own },
    required: ["mode", ...required],
    retired: RETIRED_IN_VERSION_2,
  };
}
