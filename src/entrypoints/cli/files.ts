import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "../../errors.ts";
import { WrongWords } from "./words.ts";

export type TextFile = { readonly path: string; readonly text: string };

/** A manifest is judged up to 1 MiB; nothing larger than this is even loaded. */
const MAX_BYTES = 8 << 20;

/** The texts of the named files and of every .yaml and .yml file below the named folders, each once. */
export function readFiles(names: readonly string[]): readonly TextFile[] {
  if (names.length === 0) throw new WrongWords("name at least one file or folder");
  return [...new Set(names.flatMap(manifestsUnder))].map(readText);
}

/** The text of one file, `-` being standard input. */
export function readText(path: string): TextFile {
  try {
    if (path !== "-" && statSync(path).size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    return { path: path === "-" ? "stdin" : path, text: readFileSync(path === "-" ? 0 : path, "utf8") };
  } catch (error) {
    throw new WrongWords(`cannot read ${path}: ${messageOf(error)}`);
  }
}

function manifestsUnder(name: string): readonly string[] {
  if (name === "-" || !statSync(name, { throwIfNoEntry: false })?.isDirectory()) return [name];
  const files = readdirSync(name, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name));
  return files.sort();
}
