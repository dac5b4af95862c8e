import { holdersIn } from "../decode/holders.ts";
import { textsOf } from "../decode/selector.ts";
import { yamlString } from "../text/quote.ts";
import { at, textAt } from "../yaml/node.ts";
import { resolvePlain } from "../yaml/plain-scalar.ts";
import { NOTHING, type Patient, type Repair, type Treatment } from "./repair.ts";

/** Leaves an experiment in whatever namespace it is. */
export const inAnyNamespace: Repair = () => NOTHING;

/** Moves an experiment into the one namespace whose pods it selects: the default policy allows nothing else. */
export function toOwnNamespace({ document, source }: Patient): Treatment {
  const namespace = at(document, "metadata", "namespace");
  const own = textAt(document, "metadata", "namespace");
  const selected = new Set(holdersIn(document).flatMap((holder) => textsOf(at(holder, "selector", "namespaces"))));
  const [only] = selected;
  if (namespace === undefined || own === undefined || only === undefined) return NOTHING;
  if (selected.size !== 1 || only === own || !/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(only)) return NOTHING;
  const written = resolvePlain(only).kind === "string" ? only : yamlString(only);
  return {
    edits: [source.replacement(namespace.node.span, written)],
    changes: [
      {
        what: `metadata.namespace: ${own} became ${only}`,
        line: source.placeOf(namespace.node.span).line,
        assumed: `The experiment may live in ${only}, where its pods are; to keep it in ${own}, grant the pairing of the two namespaces in the settings.`,
      },
    ],
  };
}
