import { holdersIn } from "../decode/holders.ts";
import { percentOf } from "../rules/mode-value.ts";
import { at, type Located, textAt } from "../yaml/node.ts";
import type { Source } from "../yaml/source.ts";
import { NOTHING, type Patient, type Treatment } from "./repair.ts";

/** `mode: fixed` with `value: 30%` becomes `fixed-percent` with `'30'`. */
export function sharesOfPods({ document, source }: Patient): Treatment {
  const treatments = holdersIn(document).map((holder) => shareOf(holder, source));
  return {
    edits: treatments.flatMap(({ edits }) => edits),
    changes: treatments.flatMap(({ changes }) => changes),
  };
}

function shareOf(holder: Located, source: Source): Treatment {
  const [mode, value] = [at(holder, "mode"), at(holder, "value")];
  const percent = percentOf(textAt(holder, "value"));
  if (mode === undefined || value === undefined || percent === undefined || textAt(holder, "mode") !== "fixed")
    return NOTHING;
  return {
    edits: [source.replacement(mode.node.span, "fixed-percent"), source.replacement(value.node.span, `'${percent}'`)],
    changes: [
      {
        what: `${mode.path}: fixed with ${percent}% became fixed-percent with '${percent}'`,
        line: source.placeOf(mode.node.span).line,
        assumed: `${percent} percent of the pods were meant, and not ${percent} pods.`,
      },
    ],
  };
}
