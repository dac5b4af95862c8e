import { AppError } from "../../src/errors.ts";
import type { Journal, JournalEntry } from "../../src/run/ports.ts";
import { Trouble } from "./trouble.ts";

export type FakeJournal = Journal & {
  readonly trouble: Trouble;
  /** Runs of which nobody can read what is written. */
  readonly unreadable: Set<string>;
};

/** A journal in memory that keeps what a disk would keep: JSON, and nothing else. */
export function createFakeJournal(): FakeJournal {
  const trouble = new Trouble("JOURNAL_FAILED");
  const unreadable = new Set<string>();
  const lines = new Map<string, string[]>();
  return {
    trouble,
    unreadable,
    async append(...entries) {
      trouble.meet("append");
      for (const entry of entries) {
        const run = lines.get(entry.runId);
        if (run === undefined) throw new AppError("JOURNAL_FAILED", `nobody claimed run ${entry.runId}`);
        run.push(JSON.stringify(entry));
      }
    },
    async read(runId) {
      trouble.meet("read");
      if (unreadable.has(runId)) throw new AppError("JOURNAL_FAILED", `what is written of ${runId} is no journal`);
      return (lines.get(runId) ?? []).map((line) => JSON.parse(line) as JournalEntry);
    },
    async runs() {
      trouble.meet("runs");
      return [...lines.keys()].sort();
    },
    async claim(runId, at) {
      trouble.meet("claim");
      if (lines.has(runId)) return false;
      lines.set(runId, [JSON.stringify({ at, runId, kind: "claimed", data: {} })]);
      return true;
    },
  };
}
