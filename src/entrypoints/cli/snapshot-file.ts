import type { Snapshot } from "../../selector/snapshot.ts";
import { SNAPSHOT_SHAPE } from "../../ticket/snapshot-shape.ts";
import type { TextFile } from "./files.ts";
import { harmless } from "./terminal.ts";
import { WrongWords } from "./words.ts";

/** Raised when a field changes its meaning; a file of another version is refused instead of misread. */
const VERSION = 1;

/** A snapshot as a file that people can keep, compare and review against. */
export function snapshotText(snapshot: Snapshot): string {
  return `${JSON.stringify({ version: VERSION, ...snapshot })}\n`;
}

/** The snapshot of a file, or everything that is wrong with it. */
export function snapshotFrom({ path, text }: TextFile): Snapshot {
  const value = parsed(path, text);
  const { version = VERSION, ...snapshot } = { version: undefined, ...(value as object) };
  if (version !== VERSION) {
    throw new WrongWords(
      `${path} is a snapshot of version ${harmless(String(version))}; this chaosgate reads ${VERSION}`,
    );
  }
  const wrong = SNAPSHOT_SHAPE(snapshot, "snapshot");
  if (wrong.length === 0) return snapshot as Snapshot;
  throw new WrongWords(harmless(`${path} is no snapshot of a cluster:\n  ${wrong.slice(0, 10).join("\n  ")}`));
}

function parsed(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new WrongWords(`${path} is no snapshot of a cluster: it is not JSON`);
  }
}
