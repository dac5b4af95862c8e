import { SCHEDULED_BLOCKS } from "./kinds/schedule.ts";
import { root } from "./parse.ts";
import { at, textAt, type YamlNode } from "./yaml/node.ts";
import { readYaml } from "./yaml/read-yaml.ts";

/** The spec of a chaos document as it is written, as JSON; of a Schedule that of the chaos which it repeats. */
export type WrittenSpec = { readonly kind: string; readonly spec: Readonly<Record<string, unknown>> };

/** Reads the spec of one document of an accepted file; undefined where it has none. */
export function writtenSpec(text: string, index: number): WrittenSpec | undefined {
  const node = readYaml(text).documents[index];
  if (node === undefined) return undefined;
  const document = root(node);
  const kind = textAt(document, "kind");
  const spec = at(document, "spec");
  if (kind !== "Schedule") return specOf(kind, spec?.node);
  const type = textAt(spec, "type");
  return specOf(type, at(spec, SCHEDULED_BLOCKS[type ?? ""]?.block ?? "")?.node);
}

function specOf(kind: string | undefined, node: YamlNode | undefined): WrittenSpec | undefined {
  if (kind === undefined || node?.kind !== "map") return undefined;
  return { kind, spec: plain(node) as WrittenSpec["spec"] };
}

/** Depth and weight of what was read are bounded. */
function plain(node: YamlNode): unknown {
  switch (node.kind) {
    case "map":
      return Object.fromEntries(node.entries.map(({ key, value }) => [key, plain(value)]));
    case "list":
      return node.items.map(plain);
    case "null":
      return null;
    default:
      return node.value;
  }
}
