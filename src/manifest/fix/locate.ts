import { at, itemsOf, type Located } from "../yaml/node.ts";

const STEP = /\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]|([^.[\]]+)/g;

/** What a problem's path leads to in a document, the map around it, and the last step; `found` is absent for what is missing. */
export function locate(document: Located, path: string): Located | undefined {
  return follow(document, stepsOf(path));
}

/** The map in which the last step of a path stands, or would have to stand. */
export function holderOf(document: Located, path: string): Located | undefined {
  return follow(document, stepsOf(path).slice(0, -1));
}

/** The last step of a path, such as `mode` of `spec.mode`. */
export function lastStepOf(path: string): string {
  return stepsOf(path).at(-1) ?? "";
}

function stepsOf(path: string): readonly string[] {
  return [...path.matchAll(STEP)].map(([, quoted, index, name]) =>
    quoted === undefined ? (index ?? name ?? "") : JSON.parse(`"${quoted}"`),
  );
}

function follow(document: Located, steps: readonly string[]): Located | undefined {
  let here: Located | undefined = document;
  for (const step of steps) here = here?.node.kind === "list" ? itemsOf(here)[Number(step)] : at(here, step);
  return here;
}
