import type { ManifestDocument, ManifestFile } from "./document.ts";
import { belongsToChaosMesh, judgeDocument } from "./judge-document.ts";
import { type ChaosMeshVersion, NEWEST } from "./version-names.ts";
import type { Located, YamlNode } from "./yaml/node.ts";
import { readYaml } from "./yaml/read-yaml.ts";
import type { Unreadable } from "./yaml/refusal.ts";
import { Source } from "./yaml/source.ts";

// The text of a manifest file -> its chaos experiments, or every problem at its line, judged as an API server with
// Chaos Mesh would, 2.8 or 2.7. Never throws on a text, never changes it, never looks at a cluster.

export type ParseOptions = {
  /** Where an object without metadata.namespace goes; kubectl's own default is `default`. */
  readonly defaultNamespace?: string;
  /** Whether documents carry what they mean, `experiment` and `reaches`; without it there are the answers alone, sooner. */
  readonly decode?: boolean;
  /** The newest where nothing is said. */
  readonly version?: ChaosMeshVersion | undefined;
};

/** Reads and judges every document of a file; `path` is only carried along. */
export function parseManifestFile(path: string, text: string, options: ParseOptions = {}): ManifestFile {
  const { defaultNamespace = "default", decode = true, version = NEWEST } = options;
  const source = new Source(text);
  const { documents, unreadable } = readYaml(text);
  if (unreadable !== undefined) return unreadableFile(path, source, unreadable);
  const judged: ManifestDocument[] = [];
  for (const [index, node] of documents.entries()) {
    if (!belongsToChaosMesh(node)) continue;
    judged.push(judgeDocument(root(node), { index, source, defaultNamespace, decode, version }));
  }
  return { path, problems: [], documents: judged, otherDocuments: documents.length - judged.length };
}

/** A document's content as the start of every path. */
export function root(node: YamlNode): Located {
  return { node, path: "", key: { start: node.span.start, end: node.span.start + 1 } };
}

/**
 * A repository is full of YAML that is not ours to judge: lock files of megabytes, templates of charts. What cannot be read and
 * names nothing of Chaos Mesh, not even behind an escape, is another's.
 */
const MAY_BE_CHAOS = /chaos|pingcap|\\[xuU]/i;

function unreadableFile(path: string, source: Source, { offset, ...reason }: Unreadable): ManifestFile {
  if (!MAY_BE_CHAOS.test(source.text)) return { path, problems: [], documents: [], otherDocuments: 1 };
  const start = Math.min(offset, source.text.length);
  const problem = { ...reason, path: "", place: source.placeOf({ start, end: start }) };
  return { path, problems: [problem], documents: [], otherDocuments: 0 };
}
