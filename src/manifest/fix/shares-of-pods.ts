import { holdersIn } from "../decode/holders.ts";
import { percentOf } from "../rules/mode-value.ts";
import { at, type Located, textAt } from "../yaml/node.ts";
import type { Source } from "../yaml/source.ts";
import type { Patient, Remedy } from "./repair.ts";

/** `mode: fixed` with `value: 30%` becomes `fixed-percent` with `'30'`. */
export function sharesOfPods({ document, source }: Patient): readonly Remedy[] {
  return holdersIn(document).flatMap((holder) => shareOf(holder, source));
}

function shareOf(holder: Located, source: Source): readonly Remedy[] {
  const [mode, value] = [at(holder, "mode"), at(holder, "value")];
  const percent = percentOf(textAt(holder, "value"));
  if (mode === undefined || value === undefined || percent === undefined || textAt(holder, "mode") !== "fixed")
    return [];
  const change = {
    what: `${mode.path}: fixed with ${percent}% became fixed-percent with '${percent}'`,
    line: source.placeOf(mode.node.span).line,
    assumed: `${percent} percent of the pods were meant, and not ${percent} pods.`,
  };
  const edits = [
    source.replacement(mode.node.span, "fixed-percent"),
    source.replacement(value.node.span, `'${percent}'`),
  ];
  return [{ path: value.path, edits, change }];
}
