import { holdersIn } from "../decode/holders.ts";
import { textsOf } from "../decode/texts.ts";
import { at, textAt } from "../yaml/node.ts";
import { scalarOf } from "./edit.ts";
import type { Patient, Remedy, Repair } from "./repair.ts";

/** Leaves an experiment in whatever namespace it is. */
export const inAnyNamespace: Repair = () => [];

/** Moves an experiment into the one namespace whose pods it selects: the default policy allows nothing else. */
export function toOwnNamespace({ document, source }: Patient): readonly Remedy[] {
  const namespace = at(document, "metadata", "namespace");
  const own = textAt(document, "metadata", "namespace");
  const selected = new Set(holdersIn(document).flatMap((holder) => textsOf(at(holder, "selector", "namespaces"))));
  const [only] = selected;
  if (namespace === undefined || own === undefined || only === undefined) return [];
  if (selected.size !== 1 || only === own || !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(only)) return [];
  const change = {
    what: `metadata.namespace: ${own} became ${only}`,
    line: source.placeOf(namespace.node.span).line,
    assumed: `The experiment may live in ${only}, where its pods are; to keep it in ${own}, grant the pairing of the two namespaces in the settings.`,
  };
  return [{ path: namespace.path, edits: [source.replacement(namespace.node.span, scalarOf(only))], change }];
}
