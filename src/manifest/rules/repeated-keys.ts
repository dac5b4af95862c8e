import type { Mistake, Report } from "../report.ts";
import { join, type Located, type YamlNode } from "../yaml/node.ts";

/** Reports keys that stand twice in one map: the API server's strict reading refuses them. */
export function checkRepeatedKeys(document: Located, report: Report): void {
  reportRepeated(document, report, new Set());
}

/** An alias brings the same node again; once is enough, and keeps the walk as short as the text. */
function reportRepeated({ node, path }: Located, report: Report, seen: Set<YamlNode>): void {
  if (!mayRepeat(node) || seen.has(node)) return;
  seen.add(node);
  if (node.kind === "list")
    for (const [index, item] of node.items.entries())
      reportRepeated({ node: item, path: `${path}[${index}]`, key: item.span }, report, seen);
  if (node.kind !== "map") return;
  for (const { key, keySpan } of node.repeated)
    report.problem({ path: join(path, key), span: keySpan }, repeated(join(path, key)));
  for (const { key, keySpan, value } of node.entries)
    reportRepeated({ node: value, path: join(path, key), key: keySpan }, report, seen);
}

function mayRepeat(node: YamlNode): boolean {
  return (node.kind === "map" || node.kind === "list") && node.repeats;
}

function repeated(path: string): Mistake {
  return {
    code: "key-repeated",
    message: `${path} is written twice in the same map; the cluster refuses it, and other readers keep one of the two.`,
    fix: "Keep one of them.",
  };
}
