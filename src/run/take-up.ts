// What an earlier runner left is looked for at a runner's start. A run that cannot be read must not keep the others from being given
// back: their leases end meanwhile, and nobody would say so.

import type { Clock } from "../clock.ts";
import { messageOf } from "../errors.ts";
import { abreast } from "./abreast.ts";
import type { Journal, Log } from "./ports.ts";
import { type Recollection, recollect } from "./recollect.ts";

export type Shelf = { readonly journal: Journal; readonly clock: Clock; readonly log: Log };

/** What is told of every run that was read. */
export type Found = (runId: string, recollection: Recollection) => void;

/** What is told of every run that could not be. */
type Tell = (runId: string, why: string) => void;

/** Runs that are read beside each other. */
const MOST_AT_THE_JOURNAL = 16;
/** Between one round over what could not be read and the next. */
const PAUSES_MS = [500, 1_000, 2_000];
/** The same while others are served. */
const LATER_MS = 10_000;

/**
 * Reads every run on record, round by round, so that none waits for one that cannot be read. What is left after some rounds is told of in
 * the log and looked for again beside the service, until `stop`; rejects only where not even their names can be read.
 */
export async function takeUp(shelf: Shelf, found: Found, stop: AbortSignal): Promise<void> {
  const tell = (runId: string, why: string): void =>
    shelf.log.error({ run: runId, why }, "run on record could not be read");
  let left = await namesOf(shelf, stop);
  for (const pauseMs of PAUSES_MS) {
    left = await readEach(left, shelf, found, tell);
    if (left.length === 0 || stop.aborted) return;
    await shelf.clock.sleep(pauseMs, stop);
  }
  left = await readEach(left, shelf, found, tell);
  void takeUpLater(left, shelf, found, stop);
}

/** An API server may be away for longer than a start can wait: nobody else would end what it holds. */
async function takeUpLater(runIds: readonly string[], shelf: Shelf, found: Found, stop: AbortSignal): Promise<void> {
  let left = runIds;
  while (left.length > 0 && !stop.aborted) {
    await shelf.clock.sleep(LATER_MS, stop);
    // It was told of before, and is told of again when it is taken up.
    if (!stop.aborted) left = await readEach(left, shelf, found, () => {});
  }
}

async function namesOf({ journal, clock, log }: Shelf, stop: AbortSignal): Promise<readonly string[]> {
  for (const pauseMs of PAUSES_MS) {
    try {
      return await journal.runs();
    } catch (thrown) {
      if (stop.aborted) throw thrown;
      log.error({ why: messageOf(thrown) }, "runs on record could not be listed");
      await clock.sleep(pauseMs, stop);
    }
  }
  return journal.runs();
}

/** Answers those that could not be read. */
async function readEach(runIds: readonly string[], shelf: Shelf, found: Found, tell: Tell): Promise<readonly string[]> {
  const unread = await abreast(
    runIds,
    async (runId) => {
      const recollection = await read(runId, shelf, tell);
      if (recollection === undefined) return [runId];
      found(runId, recollection);
      return [];
    },
    MOST_AT_THE_JOURNAL,
  );
  return unread.flat();
}

async function read(runId: string, { journal }: Shelf, tell: Tell): Promise<Recollection | undefined> {
  try {
    return recollect(await journal.read(runId));
  } catch (thrown) {
    tell(runId, messageOf(thrown));
    return undefined;
  }
}
