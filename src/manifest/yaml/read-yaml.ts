import { EVENT_ID, type Event, parseEvents, YAMLException } from "js-yaml";
import { DocumentReader } from "./document-reader.ts";
import type { YamlNode } from "./node.ts";
import { readPlainBlocks } from "./plain-blocks.ts";
import { broken, controlCharacter, Refusal, splitApart, tooDeep, tooLarge, type Unreadable } from "./refusal.ts";

// Text -> YAML documents with places, or the one reason why the text cannot be read. Never throws, whatever the text.

export const MAX_CHARACTERS = 1 << 20;
export const MAX_DEPTH = 64;
export const MAX_NODES = 50_000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what YAML 1.1 calls not printable.
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/;

export type YamlFile =
  | { readonly documents: readonly YamlNode[]; readonly unreadable?: undefined }
  | { readonly documents: readonly []; readonly unreadable: Unreadable };

/** Reads every document of a file; empty documents are left out. */
export function readYaml(text: string): YamlFile {
  if (text.length > MAX_CHARACTERS) return { documents: [], unreadable: tooLarge(text.length, MAX_CHARACTERS) };
  const control = CONTROL.exec(text);
  if (control !== null) return { documents: [], unreadable: controlCharacter(control.index, control[0]) };
  const split = unsplittable(text);
  if (split !== undefined) return { documents: [], unreadable: split };
  try {
    return { documents: readPlainBlocks(text, LIMITS) ?? readByEvents(text) };
  } catch (thrown) {
    // js-yaml asks for every exception to be caught, not its own class alone.
    return { documents: [], unreadable: unreadable(thrown) };
  }
}

const LIMITS = { depth: MAX_DEPTH, nodes: MAX_NODES };

/** Every document of a text by js-yaml's own reading; empty documents are left out. Throws its YAMLException, or a Refusal. */
export function readByEvents(text: string): YamlNode[] {
  return documentsOf(parseEvents(text, { maxDepth: MAX_DEPTH }), new DocumentReader(text, LIMITS));
}

const DIRECTIVE = /^(?:[ \t]*(?:#[^\n]*)?\r?\n)*%/;
const SEPARATOR_WITH_CONTENT = /^---[ \t]*[^\s#]/m;

/** kubectl splits a file at lines that begin with `---` before anything reads it as YAML, so two things of YAML are none to it. */
function unsplittable(text: string): Unreadable | undefined {
  const directive = DIRECTIVE.exec(text);
  if (directive !== null) return splitApart(directive[0].length - 1, "A directive (%)");
  const content = SEPARATOR_WITH_CONTENT.exec(text);
  return content === null ? undefined : splitApart(content.index, "Text behind ---");
}

function documentsOf(events: readonly Event[], reader: DocumentReader): YamlNode[] {
  const documents: YamlNode[] = [];
  let index = 0;
  while (index < events.length) {
    if (events[index]?.type !== EVENT_ID.DOCUMENT)
      throw new Error(`YAML event ${index} is not the start of a document`);
    const { node, next } = reader.read(events, index + 1);
    if (node.kind !== "null") documents.push(node);
    index = next + 1;
  }
  return documents;
}

function unreadable(thrown: unknown): Unreadable {
  if (thrown instanceof Refusal) return thrown.reason;
  if (!(thrown instanceof YAMLException)) return broken(0, String(thrown));
  const offset = thrown.mark?.position ?? 0;
  return /depth/i.test(thrown.reason) ? tooDeep(offset, MAX_DEPTH) : broken(offset, thrown.reason);
}
