import { globSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../errors.ts";
import { WrongWords } from "./words.ts";

export type TextFile = { readonly path: string; readonly text: string };
export type BytesFile = { readonly path: string; readonly bytes: Uint8Array };

/** A manifest is judged up to 1 MiB; nothing much larger than this is even loaded. */
const MAX_BYTES = 16 << 20;

const GLOB = /[*?[\]{}]/;

/** The texts of the named files and of every .yaml and .yml file below the named folders, each once. */
export function readFiles(names: readonly string[]): readonly TextFile[] {
  return namesOfFiles(names).map(readText);
}

/** Files, folders, globs and `-` as the paths of single files, each once; a name that leads nowhere is refused. */
export function namesOfFiles(names: readonly string[]): readonly string[] {
  if (names.length === 0) throw new WrongWords("name at least one file or folder");
  return [...new Set(names.flatMap(manifestsUnder))];
}

/** The text of one file, `-` being standard input. */
export function readText(name: string): TextFile {
  const { path, bytes } = readBytes(name);
  return { path, text: new TextDecoder().decode(bytes) };
}

/** The bytes of one file, `-` being standard input. */
export function readBytes(name: string): BytesFile {
  try {
    if (name !== "-" && statSync(name).size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    return { path: name === "-" ? "stdin" : name, bytes: readFileSync(name === "-" ? 0 : name) };
  } catch (error) {
    throw new WrongWords(`cannot read ${name}: ${messageOf(error)}`);
  }
}

function manifestsUnder(name: string): readonly string[] {
  const found = name === "-" ? undefined : statSync(name, { throwIfNoEntry: false });
  if (found?.isDirectory()) return manifestsIn(name);
  if (name === "-" || found !== undefined || !GLOB.test(name)) return [name];
  const matched = globSync(name).sort();
  if (matched.length === 0) throw new WrongWords(`no file matches ${name}`);
  return matched.flatMap((match) => (statSync(match).isDirectory() ? manifestsIn(match) : [match]));
}

function manifestsIn(folder: string): readonly string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  return files.sort();
}
