import { parseGoDuration } from "../text/go-duration.ts";
import { entriesOf, type Located, textAt } from "../yaml/node.ts";
import type { Source } from "../yaml/source.ts";
import type { Edit } from "./edit.ts";
import { insertionInto, removalOf } from "./entry.ts";
import { holderOf, locate } from "./locate.ts";
import type { Patient, Remedy } from "./repair.ts";

/** The duration of a fault in a Workflow becomes its template's deadline, or goes where the deadline says the same. */
export function deadlineOfTemplate({ judged, document, source }: Patient): readonly Remedy[] {
  return judged.problems
    .filter(({ code }) => code === "duration-in-workflow")
    .flatMap(({ path, place }) => {
      const template = holderOf(document, path.replace(/\.[^.]+$/, ""));
      const edits = editsFor(template, locate(document, path), source);
      const change = { what: `${path}: became the deadline of its template`, line: place.line };
      return edits === undefined ? [] : [{ path, edits, change }];
    });
}

function editsFor(template: Located | undefined, duration: Located | undefined, source: Source): Edit[] | undefined {
  const removal = duration === undefined ? undefined : removalOf(duration, source);
  if (template === undefined || duration?.node.kind !== "string" || removal === undefined) return undefined;
  if (entriesOf(template).some(({ name }) => name === "deadline"))
    return sameTime(textAt(template, "deadline") ?? "", duration.node.value) ? [removal] : undefined;
  const written = source.text.slice(duration.node.span.start, duration.node.span.end);
  const insertion = insertionInto(template, `deadline: ${written}`, source);
  return insertion === undefined ? undefined : [insertion, removal];
}

function sameTime(one: string, other: string): boolean {
  const [a, b] = [parseGoDuration(one), parseGoDuration(other)];
  return a !== undefined && a === b;
}
