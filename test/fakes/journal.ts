import { AppError } from "../../src/errors.ts";
import type { Journal, JournalEntry } from "../../src/run/ports.ts";
import { Trouble } from "./trouble.ts";

export type FakeJournal = Journal & { readonly trouble: Trouble };

/** A journal in memory that keeps what a disk would keep: JSON, and nothing else. */
export function createFakeJournal(): FakeJournal {
  const trouble = new Trouble("JOURNAL_FAILED");
  const lines = new Map<string, string[]>();
  return {
    trouble,
    async append(...entries) {
      trouble.meet("append");
      for (const entry of entries) {
        const run = lines.get(entry.runId);
        if (run === undefined) throw new AppError("JOURNAL_FAILED", `nobody claimed run ${entry.runId}`);
        run.push(JSON.stringify(entry));
      }
    },
    async read(runId) {
      return (lines.get(runId) ?? []).map((line) => JSON.parse(line) as JournalEntry);
    },
    async runs() {
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
