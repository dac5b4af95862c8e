// Writes charts/chaosgate/crds from the kinds in src/kubernetes/crd. A test holds that what is there is what it would write.

import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { dump } from "js-yaml";
import { CHAOS_POLICY } from "../src/kubernetes/crd/chaos-policy.ts";
import { CHAOS_RUN } from "../src/kubernetes/crd/chaos-run.ts";
import { definitionOf } from "../src/kubernetes/crd/definition.ts";

export const CRDS = resolve(import.meta.dirname, "../charts/chaosgate/crds");

/** The files by name. */
export function crdFiles(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [CHAOS_RUN, CHAOS_POLICY].map((kind) => {
      const yaml = dump(definitionOf(kind), { lineWidth: 120, noRefs: true });
      return [`${kind.plural}.yaml`, `# Written by scripts/crds.ts from src/kubernetes/crd.\n${yaml}`];
    }),
  );
}

if (import.meta.main) {
  mkdirSync(CRDS, { recursive: true });
  for (const [name, text] of Object.entries(crdFiles())) writeFileSync(resolve(CRDS, name), text);
}
