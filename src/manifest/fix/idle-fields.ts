import { experimentIn } from "../decode/holders.ts";
import { at, type Located, textAt } from "../yaml/node.ts";
import type { Source } from "../yaml/source.ts";
import type { Edit } from "./edit.ts";
import { entryInto, insertionInto, removalOf } from "./entry.ts";
import { holderOf, locate } from "./locate.ts";
import type { Patient, Remedy } from "./repair.ts";

// Fields that no version of the kind reads, or that version 2 reads elsewhere.

/** Takes `action` out of kinds that do one thing only, and moves version 1's `paused` into its annotation. */
export function idleFields(patient: Patient): readonly Remedy[] {
  return patient.judged.problems.flatMap(({ code, path }) => {
    const found = locate(patient.document, path);
    if (found === undefined) return [];
    if (code === "field-unknown" && path.endsWith(".action")) return withoutAction(found, patient);
    return code === "paused-of-version-1" ? pausedByAnnotation(found, patient) : [];
  });
}

function withoutAction(action: Located, { document, source }: Patient): readonly Remedy[] {
  const removal = removalOf(action, source);
  const own = ["stressors", "timeOffset", "failKernRequest"].some((name) => at(holderOf(document, action.path), name));
  if (removal === undefined || !own) return [];
  const change = {
    what: `${action.path}: removed`,
    line: source.placeOf(action.key).line,
    assumed: "The kind does one thing only, and its other fields say how much of it.",
  };
  return [{ path: action.path, edits: [removal], change }];
}

function pausedByAnnotation(paused: Located, { document, source }: Patient): readonly Remedy[] {
  const removal = removalOf(paused, source);
  const isPaused = paused.node.kind === "boolean" ? paused.node.value : undefined;
  if (removal === undefined || isPaused === undefined || at(experimentIn(document), "paused")?.node !== paused.node)
    return [];
  const annotation = isPaused ? annotationIn(document, source) : undefined;
  if (isPaused && annotation === undefined) return [];
  const what = `${paused.path}: ${isPaused ? "became the annotation that pauses" : "removed, nothing is paused"}`;
  const change = { what, line: source.placeOf(paused.key).line };
  return [{ path: paused.path, edits: annotation === undefined ? [removal] : [annotation, removal], change }];
}

function annotationIn(document: Located, source: Source): Edit | undefined {
  const metadata = at(document, "metadata");
  const annotations = at(metadata, "annotations");
  const pause = "experiment.chaos-mesh.org/pause: 'true'";
  if (annotations !== undefined) return insertionInto(annotations, pause, source);
  return metadata === undefined || textAt(metadata, "name") === undefined
    ? undefined
    : entryInto(metadata, "annotations", `{ ${pause} }`, source);
}
