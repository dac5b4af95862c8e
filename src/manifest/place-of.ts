import { experimentIn } from "./decode/holders.ts";
import { root } from "./parse.ts";
import type { Place } from "./problem.ts";
import { at, itemsOf, type Located } from "./yaml/node.ts";
import { readYaml } from "./yaml/read-yaml.ts";
import { Source } from "./yaml/source.ts";

/** Finds the place of a path such as `spec.selector.namespaces[0]` in the document with an index. */
export type PlaceOf = (index: number, path: string) => Place;

/**
 * Where paths stand in a file. A path that is not there gives the place of the nearest thing around it. In a Schedule,
 * `spec` means the experiment's own block, so that rules about experiments need not know how one is wrapped.
 */
export function placesIn(text: string): PlaceOf {
  const source = new Source(text);
  const { documents } = readYaml(text);
  return (index, path) => {
    const node = documents[index];
    if (node === undefined) return source.placeOf({ start: 0, end: 0 });
    const { key, node: found, path: reached } = deepest(root(node), path);
    return source.placeOf(reached === "" || found.kind === "map" || found.kind === "list" ? key : found.span);
  };
}

function deepest(document: Located, path: string): Located {
  const steps = path.split(/[.[\]]+/).filter((step) => step !== "");
  let here = steps[0] === "spec" ? (experimentIn(document) ?? document) : document;
  for (const step of steps[0] === "spec" ? steps.slice(1) : steps) {
    const next = /^[0-9]+$/.test(step) ? itemsOf(here)[Number(step)] : at(here, step);
    if (next === undefined) return here;
    here = next;
  }
  return here;
}
