import type { ManifestDocument } from "../document.ts";
import { parseManifestFile, root } from "../parse.ts";
import type { Located } from "../yaml/node.ts";
import { readYaml } from "../yaml/read-yaml.ts";
import { Source } from "../yaml/source.ts";
import { applyEdits, type Edit } from "./edit.ts";
import { OriginalLines } from "./original-lines.ts";

/** One thing that was repaired; `line` is the line of the text that was given. */
export type Change = {
  readonly what: string;
  readonly line: number;
  /** Present where the author may have meant something else. */
  readonly assumed?: string;
  /** Present where the experiment now does something else than the words said before. */
  readonly meaning?: string;
};

/** A document with what is wrong with it, and its source. */
export type Patient = {
  readonly judged: ManifestDocument;
  readonly document: Located;
  readonly source: Source;
};

/** The edits that mend one problem, which stands at `path`. */
export type Remedy = { readonly path: string; readonly edits: readonly Edit[]; readonly change: Change };

/** Finds what it can repair in one document; lines are those of the text that it is given. */
export type Repair = (patient: Patient) => readonly Remedy[];

/** Each repair can uncover a mistake that another one repairs; a file that is still moving after so many rounds is left. */
const MAX_ROUNDS = 12;

/** Applies repairs one after the other, each to the text that the one before left, until nothing changes. */
export function repairAll(text: string, repairs: readonly Repair[]): { fixed: string; changes: readonly Change[] } {
  let state: State = { text, patients: patientsIn(text), changes: [], lines: new OriginalLines() };
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const before = state.text;
    for (const repair of repairs) state = repaired(state, repair);
    if (state.text === before) break;
  }
  return { fixed: state.text, changes: state.changes };
}

type State = {
  readonly text: string;
  readonly patients: readonly Patient[];
  readonly changes: readonly Change[];
  readonly lines: OriginalLines;
};

function repaired(state: State, repair: Repair): State {
  const remedies = state.patients.flatMap(repair);
  const edits = remedies.flatMap((remedy) => remedy.edits);
  if (edits.length === 0) return state;
  const { lines } = state;
  const changes = remedies.map(({ change }) => ({ ...change, line: lines.originalOf(change.line) }));
  lines.note(state.text, edits);
  const text = applyEdits(state.text, edits);
  return { text, patients: patientsIn(text), changes: [...state.changes, ...changes], lines };
}

/** The documents of Chaos Mesh in a file that can be read. */
export function patientsIn(text: string): readonly Patient[] {
  const source = new Source(text);
  const nodes = readYaml(text).documents;
  return parseManifestFile("", text).documents.flatMap((judged) => {
    const node = nodes[judged.index];
    return node === undefined ? [] : [{ judged, document: root(node), source }];
  });
}
