import { messageOf } from "../errors.ts";
import type { Journal, JournalEntry } from "./ports.ts";

export type EntryKind = "terms" | "intent" | "event" | "answers" | "delivered";

/** Writes a run's journal until the first time it cannot; after that the run is on its way back and nothing more is written. */
export type Scribe = {
  /** Puts an entry before the next one that is noted: on record with it, in one write. */
  keep(kind: EntryKind, data: unknown, at: number): void;
  /** Whether the entry is on record, and all that were kept before it. */
  note(kind: EntryKind, data: unknown, at: number): Promise<boolean>;
  /** Why the journal was lost, if it was. */
  lost(): string | undefined;
};

/** A scribe for one run; `onLost` is called once. */
export function createScribe(journal: Journal, runId: string, onLost: (why: string) => void): Scribe {
  const kept: JournalEntry[] = [];
  let lost: string | undefined;
  return {
    keep(kind, data, at) {
      kept.push({ at, runId, kind, data });
    },
    async note(kind, data, at) {
      if (lost !== undefined) return false;
      try {
        await journal.append(...kept.splice(0), { at, runId, kind, data });
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
