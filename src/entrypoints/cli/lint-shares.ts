import { realpathSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parentPort, Worker, workerData } from "node:worker_threads";
import { messageOf } from "../../errors.ts";
import { parseManifestBytes } from "../../manifest/parse-bytes.ts";
import { readBytes } from "./files.ts";
import { type LintedFile, lintedFrom } from "./linted.ts";
import { Progress } from "./progress.ts";
import { WrongWords } from "./words.ts";

/** A thread takes some 30 ms to start, in which this many files are read and judged. */
const WORTH_A_THREAD = 200;
const MOST_THREADS = 8;
/** Files that a thread takes at once: few enough to end together, many enough not to meet at the counter. */
const CHUNK = 16;

type Work = {
  readonly paths: readonly string[];
  /** One number: the first chunk that nobody has taken. */
  readonly next: Int32Array;
};
type Done = { readonly chunk: number; readonly linted: readonly LintedFile[] };
type Said = Done | { readonly refusal: string };

/** Reads and judges every file, on as many threads as are worth their start; in the order of the paths. */
export async function lintFiles(paths: readonly string[]): Promise<readonly LintedFile[]> {
  const work: Work = { paths, next: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) };
  const workers = Array.from({ length: othersWorthIt(paths) }, () => startThread(work));
  const chunks: (readonly LintedFile[])[] = [];
  const progress = new Progress("linting", paths.length);
  for (const { chunk, linted } of lintChunks(work)) {
    chunks[chunk] = linted;
    progress.at(Math.min(paths.length, (Atomics.load(work.next, 0) + 1) * CHUNK));
  }
  // A thread that is still starting finds nothing left, and is not waited for.
  await collect(workers, chunks, Math.ceil(paths.length / CHUNK));
  progress.end();
  return chunks.flat();
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

function othersWorthIt(paths: readonly string[]): number {
  if (paths.includes("-")) return 0;
  return Math.max(0, Math.min(Math.floor(paths.length / WORTH_A_THREAD), availableParallelism(), MOST_THREADS) - 1);
}

function* lintChunks({ paths, next }: Work): Generator<Done> {
  for (;;) {
    const chunk = Atomics.add(next, 0, 1);
    const share = paths.slice(chunk * CHUNK, (chunk + 1) * CHUNK);
    if (share.length === 0) return;
    yield { chunk, linted: share.map(lintFile) };
  }
}

function lintFile(name: string): LintedFile {
  const { path, bytes } = readBytes(name);
  return lintedFrom(parseManifestBytes(path, bytes, { decode: false }));
}

function startThread(work: Work): Worker {
  // The program itself, bundled or not: it finds out which thread it is on.
  return new Worker(realpathSync(process.argv[1] ?? ""), { workerData: work });
}

/** Waits for the chunks that other threads have taken. */
async function collect(workers: readonly Worker[], chunks: (readonly LintedFile[])[], total: number): Promise<void> {
  let missing = total - chunks.filter((chunk) => chunk !== undefined).length;
  await new Promise<void>((done, fail) => {
    if (missing === 0) done();
    for (const worker of workers) {
      worker.on("error", fail);
      worker.on("message", (said: Said) => {
        if ("refusal" in said) return fail(new WrongWords(said.refusal));
        chunks[said.chunk] = said.linted;
        missing -= 1;
        if (missing === 0) done();
      });
    }
  });
  await Promise.all(workers.map((worker) => worker.terminate()));
}
