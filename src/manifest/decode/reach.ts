import type { Reach } from "../document.ts";
import { at, entriesOf, itemsOf, type Located } from "../yaml/node.ts";
import type { Source } from "../yaml/source.ts";
import { holdersIn } from "./holders.ts";

/** The namespaces that a document's selectors name, each where it is named; read from refused documents as well. */
export function reachOf(document: Located, source: Source): readonly Reach[] {
  return holdersIn(document).flatMap((holder) => {
    const selector = at(holder, "selector");
    const pods = entriesOf(at(selector, "pods"));
    if (pods.length > 0)
      return pods.map(({ name, path, key }) => ({ namespace: name, path, place: source.placeOf(key) }));
    return itemsOf(at(selector, "namespaces")).flatMap((item) => named(item, source));
  });
}

function named({ node, path }: Located, source: Source): readonly Reach[] {
  return node.kind === "string" ? [{ namespace: node.value, path, place: source.placeOf(node.span) }] : [];
}
