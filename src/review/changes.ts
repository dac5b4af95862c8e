// What a commit changes against its base: manifests of both enter, experiments that are new, gone or different leave. An experiment
// is known by what the cluster knows it by (kind, namespace, name), so a file that is moved changes nothing.

import type { ManifestDocument, ManifestFile } from "../manifest/document.ts";
import type { Experiment } from "../manifest/experiment.ts";
import { select } from "../selector/select.ts";
import type { Snapshot } from "../selector/snapshot.ts";
import { lasting } from "./figure.ts";
import { fault, modeInWords, podsOf } from "./parts/words.ts";

export type Difference = { readonly what: string; readonly before: string; readonly now: string };

export type ExperimentChange = {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** Where it stands now, or stood. */
  readonly path: string;
} & (
  | { readonly change: "added" | "removed" }
  | { readonly change: "changed"; readonly differences: readonly Difference[] }
);

/** A file read, with its text: kinds that are not modelled can only be compared by that. */
export type ReadFile = { readonly file: ManifestFile; readonly text: string };

type Found = { readonly path: string; readonly text: string; readonly document: ManifestDocument };

/** The changes in the order of the new files, those that are gone last. `snapshot` and `seed` count the pods of both. */
export function changesSince(
  base: readonly ReadFile[],
  now: readonly ReadFile[],
  { snapshot, seed }: { readonly snapshot?: Snapshot; readonly seed: string },
): readonly ExperimentChange[] {
  const [before, after] = [byIdentity(base), byIdentity(now)];
  const count = (experiment: Experiment): string =>
    snapshot === undefined || experiment.timeline !== undefined ? "" : podsOf(select(experiment, snapshot, seed));
  const present = [...after].flatMap(([identity, found]): readonly ExperimentChange[] => {
    const old = before.get(identity);
    if (old === undefined) return [{ ...named(found), change: "added" }];
    const differences = differencesOf(old, found, count);
    return differences.length === 0 ? [] : [{ ...named(found), change: "changed", differences }];
  });
  const gone = [...before].filter(([identity]) => !after.has(identity));
  return [...present, ...gone.map(([, found]) => ({ ...named(found), change: "removed" as const }))];
}

function byIdentity(files: readonly ReadFile[]): ReadonlyMap<string, Found> {
  const found = files.flatMap(({ file, text }) =>
    file.documents.map((document): [string, Found] => {
      const { kind, namespace, name } = document;
      return [JSON.stringify([kind, namespace, name]), { path: file.path, text, document }];
    }),
  );
  return new Map(found);
}

function named({ path, document: { kind, namespace, name } }: Found) {
  return { path, kind, namespace, name };
}

function differencesOf(old: Found, found: Found, count: (experiment: Experiment) => string): readonly Difference[] {
  const [before, now] = [old.document.experiment, found.document.experiment];
  if (before === undefined && now === undefined) return [];
  if (before === undefined || now === undefined) {
    const answer = (one: Experiment | undefined) => (one === undefined ? "refuses it" : "accepts it");
    return [{ what: "the cluster", before: answer(before), now: answer(now) }];
  }
  const shown = ASPECTS.map(([what, of]) => ({ what, before: of(before), now: of(now) }));
  const pods = { what: "pods", before: count(before), now: count(now) };
  const differences = [...shown, pods].filter((one) => one.before !== one.now);
  const differs = JSON.stringify(before) !== JSON.stringify(now) || (now.kind === "Other" && old.text !== found.text);
  return differences.length === 0 && differs ? [{ what: "other fields", before: "", now: "" }] : differences;
}

const ASPECTS: readonly (readonly [string, (experiment: Experiment) => string])[] = [
  ["fault", fault],
  ["duration", ({ durationMs }) => (durationMs === undefined ? "none" : lasting(durationMs))],
  ["schedule", ({ schedule }) => schedule?.cron ?? "none"],
  ["mode", ({ mode, timeline }) => (timeline === undefined ? modeInWords(mode, "matching pod") : "")],
];
