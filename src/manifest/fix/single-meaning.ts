import { at, entriesOf, type Located } from "../yaml/node.ts";
import { entryInto } from "./entry.ts";
import { holderOf, locate } from "./locate.ts";
import type { Patient, Remedy } from "./repair.ts";

/** Writes down what the rest of the experiment says already: the action by its only block, a delay by the latency in it. */
export function singleMeaning(patient: Patient): readonly Remedy[] {
  return patient.judged.problems.flatMap(({ code, path, choices }) => {
    if (code === "field-missing" && path.endsWith(".action")) return actionByBlock(path, choices ?? [], patient);
    return code === "wrong-type" && path.endsWith(".delay") ? delayByLatency(path, patient) : [];
  });
}

function actionByBlock(path: string, actions: readonly string[], { document, source }: Patient): readonly Remedy[] {
  const holder = holderOf(document, path);
  const [action, ...more] = actions.filter((name) => at(holder, name) !== undefined);
  if (holder === undefined || action === undefined || more.length > 0) return [];
  const edit = entryInto(holder, "action", action, source);
  const change = {
    what: `${path}: added action: ${action}`,
    line: source.placeOf(holder.key).line,
    assumed: `The ${action} block is there because it is what was meant.`,
  };
  return edit === undefined ? [] : [{ path, edits: [edit], change }];
}

/** NetworkChaos has `delay.latency`; IOChaos and HTTPChaos have the time as `delay` itself. */
function delayByLatency(path: string, { document, source }: Patient): readonly Remedy[] {
  const delay = locate(document, path);
  const [only, ...more] = entriesOf(delay);
  if (delay === undefined || only?.name !== "latency" || only.node.kind !== "string" || more.length > 0) return [];
  const text = source.text.slice(only.node.span.start, only.node.span.end);
  const change = { what: `${path}: wrote ${text}`, line: source.placeOf(delay.key).line };
  return [{ path, edits: onOneLine(delay, only, text, source), change }];
}

function onOneLine(delay: Located, only: Located, text: string, source: Patient["source"]) {
  if (delay.node.kind !== "map" || only.node.span.start < delay.key.start) return [];
  const closed = delay.node.flow ? source.text.indexOf("}", only.node.span.end) + 1 : only.node.span.end;
  return [{ span: { start: delay.key.end, end: closed }, text: `: ${text}` }];
}
