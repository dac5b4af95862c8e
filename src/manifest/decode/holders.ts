import { SCHEDULED_BLOCKS } from "../kinds/schedule.ts";
import { at, type Located, textAt } from "../yaml/node.ts";

/** The spec of the experiment in a document: its own, or the block of a Schedule. */
export function experimentIn(document: Located): Located | undefined {
  const spec = at(document, "spec");
  if (textAt(document, "kind") !== "Schedule") return spec;
  const type = textAt(spec, "type") ?? "";
  return Object.hasOwn(SCHEDULED_BLOCKS, type) ? at(spec, SCHEDULED_BLOCKS[type]?.block ?? "") : undefined;
}

/** Everything in a document that selects pods: the experiment and its target. */
export function holdersIn(document: Located): readonly Located[] {
  const experiment = experimentIn(document);
  return [experiment, at(experiment, "target")].filter((holder) => holder !== undefined);
}
