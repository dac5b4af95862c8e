import fs, { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
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

/** The bytes of one file, `-` being standard input; they are valid until the next file is read. */
export function readBytes(name: string): BytesFile {
  try {
    return name === "-" ? { path: "stdin", bytes: readFileSync(0) } : { path: name, bytes: bytesOf(name) };
  } catch (error) {
    throw new WrongWords(`cannot read ${name}: ${messageOf(error)}`);
  }
}

/** Almost every manifest fits into the first read, and then nobody has to ask how large it is. */
const PAGE = Buffer.allocUnsafe(64 << 10);

function bytesOf(name: string): Uint8Array {
  const file = openSync(name, "r");
  try {
    const length = readSync(file, PAGE);
    if (length < PAGE.length) return PAGE.subarray(0, length);
    if (fstatSync(file).size > MAX_BYTES) throw new Error(`it is larger than ${MAX_BYTES} bytes`);
    return readFileSync(name);
  } finally {
    closeSync(file);
  }
}

function manifestsUnder(name: string): readonly string[] {
  const found = name === "-" ? undefined : statSync(name, { throwIfNoEntry: false });
  if (found?.isDirectory()) return manifestsIn(name);
  if (name === "-" || found !== undefined || !GLOB.test(name)) return [name];
  // Node 24 is what we are built for; lint alone also runs on older ones, which have no globs.
  if (fs.globSync === undefined) throw new WrongWords(`this Node has no globs: name files or folders for ${name}`);
  const matched = fs.globSync(name).sort();
  if (matched.length === 0) throw new WrongWords(`no file matches ${name}`);
  return matched.flatMap((match) => (statSync(match).isDirectory() ? manifestsIn(match) : [match]));
}

function manifestsIn(folder: string): readonly string[] {
  return [...manifestsBelow(folder)].sort();
}

/** Links are not followed, neither to files nor around in circles; Node's own recursion asks for every file what a link leads to. */
function manifestsBelow(folder: string): readonly string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return manifestsBelow(path);
    return entry.isFile() && /\.ya?ml$/.test(entry.name) ? [path] : [];
  });
}
