import { SCHEDULED_BLOCKS } from "../kinds/schedule.ts";
import { at, entriesOf, type Located, textAt } from "../yaml/node.ts";
import type { Source } from "../yaml/source.ts";
import { BlockLines } from "./block-lines.ts";
import type { Edit } from "./edit.ts";
import type { Patient, Remedy } from "./repair.ts";

/** An experiment with version 1's `spec.scheduler` becomes a Schedule around the same experiment. */
export function toSchedule({ document, source }: Patient): readonly Remedy[] {
  const kind = textAt(document, "kind") ?? "";
  const scheduled = Object.hasOwn(SCHEDULED_BLOCKS, kind) ? SCHEDULED_BLOCKS[kind] : undefined;
  const [spec, scheduler] = [at(document, "spec"), at(document, "spec", "scheduler")];
  const cron = at(scheduler, "cron");
  if (scheduled === undefined || spec === undefined || scheduler === undefined || cron === undefined) return [];
  if (!standsInBlock(spec, source) || cron.node.kind !== "string") return [];
  const edits = editsFor(document, spec, { scheduler, cron, kind, block: scheduled.block }, source);
  const change = {
    what: `spec.scheduler: the ${kind} became the ${scheduled.block} of a Schedule with the same cron expression`,
    line: source.placeOf(scheduler.key).line,
    assumed: "A run that is still going on when the next one is due is not doubled (concurrencyPolicy: Forbid).",
    meaning: "Version 1 also fired once at creation; a Schedule waits for its first cron time.",
  };
  return [{ path: scheduler.path, edits, change }];
}

type Moved = { readonly scheduler: Located; readonly cron: Located; readonly kind: string; readonly block: string };

function standsInBlock(spec: Located, source: Source): boolean {
  const [first] = entriesOf(spec);
  if (first === undefined || spec.node.kind !== "map" || spec.node.flow || spec.node.span.start < spec.key.start)
    return false;
  const [own, below] = [source.placeOf(spec.key), source.placeOf(first.key)];
  // A lone carriage return breaks lines for YAML and not for us: a key after one stands in the middle of our line.
  return below.line > own.line && below.column > own.column;
}

function editsFor(document: Located, spec: Located, moved: Moved, source: Source): Edit[] {
  const [first] = entriesOf(spec);
  const [kindValue, specLine] = [at(document, "kind"), source.placeOf(spec.key).line];
  const step = " ".repeat(source.placeOf(first?.key ?? spec.key).column - source.placeOf(spec.key).column);
  const indent = " ".repeat(source.placeOf(first?.key ?? spec.key).column - 1);
  const lines = new BlockLines(source, specLine, indent.length);
  const taken = lines.ofEntry(source.placeOf(moved.scheduler.key).line);
  const header = headerOf(moved, lines.commentsOf(taken, source.placeOf(moved.cron.key).line), indent, source);
  const [specEnd, removed] = [source.endOf(specLine), lines.spanOf(taken)];
  return [
    ...(kindValue === undefined ? [] : [source.replacement(kindValue.node.span, "Schedule")]),
    { span: { start: specEnd, end: specEnd }, text: header.map((line) => source.lineBreak + line).join("") },
    { span: removed, text: "" },
    ...lines.startsOutside(taken).map((start) => ({ span: { start, end: start }, text: step })),
  ];
}

function headerOf({ cron, kind, block }: Moved, comments: readonly string[], indent: string, source: Source): string[] {
  const line = source.placeOf(cron.node.span).endLine ?? 1;
  const written = source.text.slice(cron.node.span.start, cron.node.span.end);
  const comment = /\s+#.*$/.exec(source.text.slice(cron.node.span.end, source.endOf(line)))?.[0] ?? "";
  const fields = [
    `schedule: ${written}${comment}`,
    "concurrencyPolicy: Forbid",
    "historyLimit: 1",
    `type: ${kind}`,
    `${block}:`,
  ];
  return [...comments, ...fields].map((text) => indent + text);
}
