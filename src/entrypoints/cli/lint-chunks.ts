import { parentPort, workerData } from "node:worker_threads";
import { messageOf } from "../../errors.ts";
import { parseManifestBytes } from "../../manifest/parse-bytes.ts";
import type { ChaosMeshVersion } from "../../manifest/version-names.ts";
import { readBytes } from "./files.ts";
import { type LintedFile, lintedFrom } from "./linted.ts";
import { WrongWords } from "./words.ts";

export type Work = {
  readonly paths: readonly string[];
  readonly version: ChaosMeshVersion | undefined;
  /** Files in a chunk. */
  readonly size: number;
  /** One number: the first chunk that nobody has taken. */
  readonly next: Int32Array;
};
export type Done = { readonly chunk: number; readonly linted: readonly LintedFile[] };
export type Said = Done | { readonly refusal: string };

/** Takes chunks, and reads and judges their files, until none is left. */
export function* lintChunks({ paths, version, size, next }: Work): Generator<Done> {
  for (;;) {
    const chunk = Atomics.add(next, 0, 1);
    const share = paths.slice(chunk * size, (chunk + 1) * size);
    if (share.length === 0) return;
    yield { chunk, linted: share.map((name) => lintFile(name, version)) };
  }
}

/** The other thread's side; `workerData` is the work. */
export function lintOnThisThread(): void {
  const work: Work = workerData;
  try {
    for (const done of lintChunks(work)) parentPort?.postMessage(done);
  } catch (error) {
    if (!(error instanceof WrongWords)) throw error;
    parentPort?.postMessage({ refusal: messageOf(error) });
  }
}

function lintFile(name: string, version: ChaosMeshVersion | undefined): LintedFile {
  const { path, bytes } = readBytes(name);
  return lintedFrom(parseManifestBytes(path, bytes, { decode: false, version }));
}
