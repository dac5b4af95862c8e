import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../errors.ts";
import { KINDS } from "../../manifest/kinds/kinds.ts";
import type { JsonSchema } from "../../manifest/schema/json-schema.ts";
import { anyKindSchema, documentSchema } from "../../manifest/schema/published.ts";
import { nearest } from "../../manifest/text/nearest.ts";
import { SETTINGS_SCHEMA } from "../../settings/schema.ts";
import { print, printJson } from "./terminal.ts";
import { type Options, WrongWords } from "./words.ts";

const SETTINGS = "settings";

/** `chaosgate schema [KIND|settings]`: the schema for editors, the names of all of them, or with `--all` a folder of them. */
export function schemaCommand(names: readonly string[], { all }: Options): number {
  const [name, ...more] = names;
  if (more.length > 0 || (all !== undefined && name !== undefined))
    throw new WrongWords("schema takes one name or --all");
  if (typeof all === "string") writeAll(all);
  else if (name === undefined) print(`${[...KINDS, SETTINGS].join("\n")}\n`);
  else printJson(schemaNamed(name));
  return 0;
}

function schemaNamed(name: string): JsonSchema {
  const schema = name === SETTINGS ? SETTINGS_SCHEMA : documentSchema(name);
  if (schema !== undefined) return schema;
  const meant = nearest(name, [...KINDS, SETTINGS]);
  const next = meant === undefined ? "chaosgate schema lists them" : `did you mean ${meant}?`;
  throw new WrongWords(`there is no schema ${JSON.stringify(name)}; ${next}`);
}

/** A file for each kind, `chaos-mesh.json` for files of any kind, and `settings.json`. */
function writeAll(folder: string): void {
  const named = [...KINDS, SETTINGS].map((name) => [name, schemaNamed(name)] as const);
  try {
    mkdirSync(folder, { recursive: true });
    for (const [name, schema] of [...named, ["chaos-mesh", anyKindSchema()] as const])
      writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(schema, undefined, 2)}\n`);
  } catch (error) {
    throw new WrongWords(`cannot write the schemas to ${folder}: ${messageOf(error)}`);
  }
}
