import { at, itemsOf, type Located } from "../yaml/node.ts";

/** The texts of a list; whatever else is in it is not there for the cluster either. */
export function textsOf(parent: Located | undefined, key: string): readonly string[] {
  return itemsOf(at(parent, key)).flatMap(({ node }) => (node.kind === "string" ? [node.value] : []));
}
