// Writes src/manifest/generated from the shapes in src/manifest/kinds: the validators of objects, and the types of those that pass.
// `make setup` runs it; a test holds that what is there is what it would write.

import { mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { typesSource } from "./types.ts";
import { validatorsSource, validatorsTypes } from "./validators.ts";

export const GENERATED = resolve(import.meta.dirname, "../../src/manifest/generated");

/** The generated files by name. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    "validators.js": validatorsSource(),
    "validators.d.ts": validatorsTypes(),
    "objects.ts": typesSource(),
  };
}

if (import.meta.main) {
  mkdirSync(GENERATED, { recursive: true });
  for (const [name, text] of Object.entries(generatedFiles())) writeFileSync(resolve(GENERATED, name), text);
}
