import { experimentIn } from "../decode/holders.ts";
import { at, entriesOf, type Located } from "../yaml/node.ts";
import type { Source } from "../yaml/source.ts";
import type { Edit } from "./edit.ts";
import type { Patient, Remedy } from "./repair.ts";

/** A `target` without a mode gets `mode: all`. */
export function peersByMode({ document, source }: Patient): readonly Remedy[] {
  const target = at(experimentIn(document), "target");
  const edit = target === undefined ? undefined : modeInto(target, source);
  if (target === undefined || edit === undefined) return [];
  const change = {
    what: `${target.path}.mode: added mode: all`,
    line: source.placeOf(target.key).line,
    assumed: "Every pod that the target selects is a peer.",
  };
  return [{ path: `${target.path}.mode`, edits: [edit], change }];
}

function modeInto(target: Located, source: Source): Edit | undefined {
  const [first] = entriesOf(target);
  if (first === undefined || target.node.kind !== "map" || entriesOf(target).some(({ name }) => name === "mode"))
    return undefined;
  if (target.node.flow) return { span: { start: first.key.start, end: first.key.start }, text: "mode: all, " };
  const [keyPlace, firstPlace] = [source.placeOf(target.key), source.placeOf(first.key)];
  // An alias or a merged map stands elsewhere; a line here would not reach it.
  if (firstPlace.line <= keyPlace.line || target.node.span.start < target.key.start) return undefined;
  const end = source.endOf(keyPlace.line);
  return { span: { start: end, end }, text: `${source.lineBreak}${" ".repeat(firstPlace.column - 1)}mode: all` };
}
