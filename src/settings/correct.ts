// The settings' text with values of the service model corrected: text and corrections enter, the new text leaves. Comments, order
// and layout stay; only the corrected values change, and a value that was not there is added behind the last of its map.

import type { Correction } from "../impact/calibrate.ts";
import { applyEdits, type Edit } from "../manifest/fix/edit.ts";
import { at, entriesOf, itemsOf, type Located, textAt } from "../manifest/yaml/node.ts";
import { readYaml } from "../manifest/yaml/read-yaml.ts";

/** Corrections of services and calls that the text does not have are left out. */
export function correctSettings(text: string, corrections: readonly Correction[]): string {
  const { documents, unreadable } = readYaml(text);
  const [root] = documents;
  if (root === undefined || unreadable !== undefined) return text;
  const whole: Located = { node: root, path: "", key: root.span };
  return applyEdits(
    text,
    corrections.flatMap((correction) => editOf(text, whole, correction)),
  );
}

function editOf(text: string, root: Located, { service, to, key, text: value }: Correction): readonly Edit[] {
  const found = at(root, "services", service);
  const map = to === undefined ? found : itemsOf(at(found, "calls")).find((call) => textAt(call, "to") === to);
  const entry = at(map, key);
  if (entry !== undefined) return [{ span: entry.node.span, text: value }];
  const [first] = entriesOf(map);
  const last = to === undefined ? first : entriesOf(map).at(-1);
  if (first === undefined || last === undefined || map?.node.kind !== "map") return [];
  const behind = { start: last.node.span.end, end: last.node.span.end };
  return [{ span: behind, text: `${map.node.flow ? ", " : `\n${indentOf(text, first)}`}${key}: ${value}` }];
}

/** The blanks before a key; a dash before the first key of a list's item counts as blanks. */
function indentOf(text: string, { key }: Located): string {
  const line = text.slice(text.lastIndexOf("\n", key.start - 1) + 1, key.start);
  return line.replace(/[^\s]/g, " ");
}
