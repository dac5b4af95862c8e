import { itemsOf, type Located } from "../yaml/node.ts";

/** The texts of a list; whatever else is in it is not there for the cluster either. */
export function textsOf(list: Located | undefined): readonly string[] {
  return itemsOf(list).flatMap(({ node }) => (node.kind === "string" ? [node.value] : []));
}
