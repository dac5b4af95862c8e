import { dnsName } from "../text/dns-name.ts";
import { at, itemsOf, type Located } from "../yaml/node.ts";
import { scalarOf } from "./edit.ts";
import { locate } from "./locate.ts";
import type { Patient, Remedy } from "./repair.ts";

/** Writes names as DNS subdomains; a template's wherever the Workflow uses it. */
export function rightNames(patient: Patient): readonly Remedy[] {
  const { judged, document, source } = patient;
  return judged.problems.flatMap(({ code, path, place }) => {
    if (code !== "name-malformed" && code !== "template-name-malformed") return [];
    const found = locate(document, path);
    const written = found?.node.kind === "string" ? found.node.value : "";
    const name = dnsName(written);
    if (found === undefined || name === undefined) return [];
    const places = code === "name-malformed" ? [found] : [found, ...usesOf(written, document)];
    const scalar = scalarOf(name);
    const change = { what: `${path}: wrote ${name}`, line: place.line, assumed: `Nothing else calls it ${written}.` };
    return [{ path, edits: places.map(({ node }) => source.replacement(node.span, scalar)), change }];
  });
}

/** Where a Workflow refers to a template: its entry, children and branches. */
function usesOf(name: string, document: Located): readonly Located[] {
  const spec = at(document, "spec");
  const references = itemsOf(at(spec, "templates")).flatMap((template) => [
    ...itemsOf(at(template, "children")),
    ...itemsOf(at(template, "conditionalBranches")).map((branch) => at(branch, "target")),
  ]);
  return [at(spec, "entry"), ...references].flatMap((found) =>
    found?.node.kind === "string" && found.node.value === name ? [found] : [],
  );
}
