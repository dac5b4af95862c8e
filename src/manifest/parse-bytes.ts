import type { ManifestFile } from "./document.ts";
import { type ParseOptions, parseManifestFile } from "./parse.ts";

const LINE_FEED = 10;
/** A byte order mark stays in the text, where the YAML reader expects it. */
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A file as it lies on a disk: UTF-8 or, as the API server's own reader would say, no YAML at all. Never throws. */
export function parseManifestBytes(path: string, bytes: Uint8Array, options: ParseOptions = {}): ManifestFile {
  const text = decoded(bytes);
  return text === undefined ? notUtf8(path, lineOfFirstBadByte(bytes)) : parseManifestFile(path, text, options);
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return UTF8.decode(bytes);
  } catch {
    // The decoder refuses bytes by a TypeError that does not say where.
    return undefined;
  }
}

/** No character of UTF-8 contains the byte of a line break, so each line can be tried by itself. */
function lineOfFirstBadByte(bytes: Uint8Array): number {
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const end = bytes.indexOf(LINE_FEED, start);
    if (end < 0 || decoded(bytes.subarray(start, end)) === undefined) break;
    start = end + 1;
  }
  return line;
}

function notUtf8(path: string, line: number): ManifestFile {
  const problem = {
    code: "yaml-broken",
    path: "",
    place: { line, column: 1 },
    message: `Line ${line} holds bytes that are not UTF-8, which is how YAML for Kubernetes is written.`,
    fix: "Save the file as UTF-8; a binary file does not belong among the manifests.",
  };
  return { path, problems: [problem], documents: [], otherDocuments: 0 };
}
