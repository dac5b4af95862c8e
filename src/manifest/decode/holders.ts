import { CHAOS_BLOCKS } from "../kinds/chaos-blocks.ts";
import { SCHEDULED_BLOCKS } from "../kinds/schedule.ts";
import { at, entriesOf, itemsOf, type Located, textAt } from "../yaml/node.ts";

/** The spec of the experiment in a document: its own, or the block of a Schedule. */
export function experimentIn(document: Located): Located | undefined {
  const spec = at(document, "spec");
  if (textAt(document, "kind") !== "Schedule") return spec;
  const type = textAt(spec, "type") ?? "";
  return Object.hasOwn(SCHEDULED_BLOCKS, type) ? at(spec, SCHEDULED_BLOCKS[type]?.block ?? "") : undefined;
}

/** Everything in a document that selects pods: its experiments, those of a Workflow's templates, and their targets. */
export function holdersIn(document: Located): readonly Located[] {
  const experiment = experimentIn(document);
  return [experiment, ...itemsOf(at(experiment, "templates")).flatMap(experimentsOf)]
    .flatMap((spec) => [spec, at(spec, "target")])
    .filter((holder) => holder !== undefined);
}

const BLOCKS: ReadonlySet<string> = new Set(Object.values(CHAOS_BLOCKS).map(({ block }) => block));

/** A template's own experiment and the one that its schedule repeats. */
function experimentsOf(template: Located): readonly Located[] {
  const blocks = [...entriesOf(template), ...entriesOf(at(template, "schedule"))];
  return blocks.filter(({ name, node }) => BLOCKS.has(name) && node.kind !== "null");
}
