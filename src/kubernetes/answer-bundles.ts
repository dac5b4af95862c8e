// What Prometheus answered at each poll says nearly the same each time: packed one by one it would fill an object within an hour, and
// many together are a few bytes each. What no bound would keep is let go, oldest first.

import type { JournalEntry } from "../run/ports.ts";
import { pack } from "./pack.ts";

/** Entries of answers that are on record: each by itself, and bundles of earlier ones. */
export type Answers = {
  readonly loose: readonly { readonly key: string; readonly entry: JournalEntry }[];
  readonly looseBytes: number;
  /** Oldest first. */
  readonly bundles: readonly { readonly key: string; readonly bytes: number }[];
};

export const NO_ANSWERS: Answers = { loose: [], looseBytes: 0, bundles: [] };

const MOST_LOOSE_BYTES = 32 << 10;
const MOST_BUNDLED_BYTES = 256 << 10;

/** With one more entry, which is a bundle where its data is a list of polls. */
export function heard(answers: Answers, key: string, entry: JournalEntry, bytes: number): Answers {
  if (isBundle(entry)) return { ...answers, bundles: [...answers.bundles, { key, bytes }] };
  const loose = [...answers.loose, { key, entry }];
  return { ...answers, loose, looseBytes: answers.looseBytes + bytes };
}

/** Loose entries as one, when there are enough of them: it takes the place of the newest. */
export function bundled({ loose, looseBytes, bundles }: Answers) {
  const last = loose.at(-1);
  if (last === undefined || looseBytes <= MOST_LOOSE_BYTES) return undefined;
  const { at, runId } = last.entry;
  const polls = loose.map(({ entry }) => ({ at: entry.at, answers: entry.data }));
  const text = pack({ at, runId, kind: "answers", data: { polls } });
  const all = [...bundles, { key: last.key, bytes: text.length }];
  const kept = withinBytes(all);
  const gone = [...loose.slice(0, -1), ...all.slice(0, all.length - kept.length)];
  return {
    answers: { loose: [], looseBytes: 0, bundles: kept },
    journal: { ...Object.fromEntries(gone.map(({ key }) => [key, null])), [last.key]: text },
  };
}

function isBundle({ data }: JournalEntry): boolean {
  return typeof data === "object" && data !== null && "polls" in data;
}

/** The newest that fit; always the last one. */
function withinBytes(bundles: Answers["bundles"]): Answers["bundles"] {
  let bytes = 0;
  const from = bundles.findLastIndex((bundle) => {
    bytes += bundle.bytes;
    return bytes > MOST_BUNDLED_BYTES;
  });
  return bundles.slice(Math.min(from + 1, bundles.length - 1));
}
