import { messageOf } from "../errors.ts";
import type { Journal } from "./ports.ts";

export type EntryKind = "terms" | "intent" | "event" | "answers" | "delivered";

/** Writes a run's journal until the first time it cannot; after that the run is on its way back and nothing more is written. */
export type Scribe = {
  /** Whether the entry is on record. */
  note(kind: EntryKind, data: unknown, at: number): Promise<boolean>;
  /** Why the journal was lost, if it was. */
  lost(): string | undefined;
};

/** A scribe for one run; `onLost` is called once. */
export function createScribe(journal: Journal, runId: string, onLost: (why: string) => void): Scribe {
  let lost: string | undefined;
  return {
    async note(kind, data, at) {
      if (lost !== undefined) return false;
      try {
        await journal.append({ at, runId, kind, data });
        return true;
      } catch (thrown) {
        // Whatever keeps a journal from being written ends the run; the undos that follow need none.
        lost = messageOf(thrown);
        onLost(lost);
        return false;
      }
    },
    lost: () => lost,
  };
}
