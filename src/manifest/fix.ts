import type { ManifestFile } from "./document.ts";
import { applySuggestions } from "./fix/apply-suggestions.ts";
import { correctSpelling } from "./fix/correct-spelling.ts";
import { deadlineOfTemplate } from "./fix/deadline-of-template.ts";
import { idleFields } from "./fix/idle-fields.ts";
import { rightNames } from "./fix/names.ts";
import { inAnyNamespace, toOwnNamespace } from "./fix/own-namespace.ts";
import { peersByMode } from "./fix/peers-by-mode.ts";
import { type Change, type Repair, repairAll } from "./fix/repair.ts";
import { sharesOfPods } from "./fix/shares-of-pods.ts";
import { singleMeaning } from "./fix/single-meaning.ts";
import { withSuggestionsOf } from "./fix/suggest.ts";
import { toSchedule } from "./fix/to-schedule.ts";
import { parseManifestFile } from "./parse.ts";
import type { Problem } from "./problem.ts";

// A manifest's text -> the text with every mistake repaired that has a likely repair, and what was assumed. Comments and
// formatting stay: it edits the source by offsets and never prints YAML anew. What only the author can decide it leaves.

export type FixOptions = {
  /** What to do with an experiment that selects another namespace than its own. */
  readonly namespacePolicy?: "move-to-selector" | "keep";
};

export type Fix = {
  readonly fixed: string;
  readonly changes: readonly Change[];
  /** What is still wrong with `fixed`. */
  readonly unresolved: readonly Problem[];
};

const IN_PLACE: readonly Repair[] = [
  applySuggestions,
  sharesOfPods,
  correctSpelling,
  deadlineOfTemplate,
  rightNames,
  idleFields,
  singleMeaning,
];
const AROUND: readonly Repair[] = [peersByMode, toSchedule];

/** Repairs a manifest file; fixing what is fixed changes nothing. */
export function fixManifest(text: string, options: FixOptions = {}): Fix {
  const namespaces: Repair = options.namespacePolicy === "keep" ? inAnyNamespace : toOwnNamespace;
  const { fixed, changes } = repairAll(text, [...IN_PLACE, namespaces, ...AROUND]);
  const { problems, documents } = parseManifestFile("", fixed);
  return { fixed, changes, unresolved: [...problems, ...documents.flatMap((document) => document.problems)] };
}

/** The file with a suggestion at each problem that `fixManifest` would repair. */
export function withSuggestions(file: ManifestFile, text: string): ManifestFile {
  return withSuggestionsOf([...IN_PLACE, ...AROUND], file, text);
}
