// What a runner knows of one ChaosRun that it writes: which entries the status holds, where they lead, and what the next one makes
// of both. Nothing is sent from here.

import type { Event } from "../run/event.ts";
import type { Phase } from "../run/phase.ts";
import type { JournalEntry } from "../run/ports.ts";
import { type Checkpoint, checkpointOf, phaseAt } from "../run/recollect.ts";
import { begin, step } from "../run/step.ts";
import type { Terms } from "../run/terms.ts";
import { type Answers, bundled, heard, NO_ANSWERS } from "./answer-bundles.ts";
import { pack } from "./pack.ts";
import { refusedSummary, type Summary, summaryOf } from "./run-status.ts";

export type Book = {
  readonly resourceVersion: string;
  /** Keys of entries that a checkpoint may stand for. */
  readonly told: readonly string[];
  readonly toldBytes: number;
  readonly next: number;
  readonly answers: Answers;
  /** Known once the terms are on record. */
  readonly phase?: Phase;
  readonly events: number;
  readonly summary?: Summary;
};

export type Journal = Readonly<Record<string, string>>;

export type Turn = {
  readonly book: Book;
  /** Entries to write, and null for those to remove. */
  readonly journal: Readonly<Record<string, string | null>>;
};

/** With more than this of entries since the last checkpoint the next entry is one: etcd writes the whole object each time. */
const MOST_TOLD_BYTES = 48 << 10;

const EMPTY: Omit<Book, "resourceVersion"> = {
  told: [],
  toldBytes: 0,
  next: 0,
  answers: NO_ANSWERS,
  events: 0,
};

/** The book of a run whose status holds these entries. */
export function openBook(resourceVersion: string, entries: readonly { key: string; entry: JournalEntry }[]): Book {
  let book: Book = { ...EMPTY, resourceVersion };
  for (const { key, entry } of entries) book = follow(book, key, entry, pack(entry).length);
  return book;
}

/** What more entries make of a book, and of the status. */
export function turns(before: Book, entries: readonly JournalEntry[]): Turn {
  let all: Turn = { book: before, journal: {} };
  for (const entry of entries) {
    const { book, journal } = turn(all.book, entry);
    all = { book, journal: { ...all.journal, ...journal } };
  }
  return all;
}

function turn(book: Book, entry: JournalEntry): Turn {
  const key = keyOf(book.next);
  const text = pack(entry);
  const next = follow(book, key, entry, text.length);
  const bundle = bundled(next.answers);
  if (bundle !== undefined) return { book: { ...next, answers: bundle.answers }, journal: { ...bundle.journal } };
  if (next.phase === undefined || next.toldBytes <= MOST_TOLD_BYTES) return { book: next, journal: { [key]: text } };
  return checkpointed(book, next, entry, isTold(entry) ? {} : { [key]: text });
}

/** One entry stands for everything that led to a phase. */
function checkpointed(before: Book, next: Book, { at, runId }: JournalEntry, kept: Journal): Turn {
  if (next.phase === undefined) throw new Error(`run ${runId} has no phase to keep`);
  const data = checkpointOf(next.phase, next.events);
  const checkpoint = pack({ at, runId, kind: "checkpoint", data });
  const gone = Object.fromEntries(before.told.map((old) => [old, null]));
  const last = keyOf(next.next);
  return {
    book: { ...next, next: next.next + 1, told: [last], toldBytes: 0 },
    journal: { ...gone, ...kept, [last]: checkpoint },
  };
}

/** Numbers of one length sort as texts do. */
function keyOf(number: number): string {
  return String(number).padStart(9, "0");
}

function follow(book: Book, key: string, entry: JournalEntry, bytes: number): Book {
  const next = Math.max(book.next, Number(key) + 1);
  const kept = isTold(entry) ? { told: [...book.told, key], toldBytes: book.toldBytes + bytes } : {};
  const answers = entry.kind === "answers" ? heard(book.answers, key, entry, bytes) : book.answers;
  return { ...book, ...kept, ...led(book, entry), answers, next };
}

function isTold({ kind }: JournalEntry): boolean {
  return kind === "event" || kind === "intent" || kind === "checkpoint";
}

/** Where an entry leads. */
function led(book: Book, { kind, data, at }: JournalEntry): Pick<Book, "events"> & Partial<Book> {
  switch (kind) {
    case "terms":
      return standing(begin(data as Terms).phase, book.events);
    case "refused":
      return { events: book.events, summary: refusedSummary((data as { because: string }).because, at) };
    case "checkpoint": {
      const checkpoint = data as Checkpoint;
      return book.phase === undefined ? book : standing(phaseAt(checkpoint, book.phase.terms), checkpoint.events);
    }
    case "event":
      return book.phase === undefined ? book : standing(step(book.phase, data as Event).phase, book.events + 1);
    default:
      return { events: book.events };
  }
}

function standing(phase: Phase, events: number): Pick<Book, "events" | "phase" | "summary"> {
  return { phase, events, summary: summaryOf(phase) };
}
