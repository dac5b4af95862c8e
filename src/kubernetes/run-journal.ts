// The run's journal in the status of its ChaosRun. Creating the object is the claim; an entry is with etcd before what it announces
// is done; a runner of an earlier term finds that it may write no more. Every trouble that lasts is JOURNAL_FAILED, which rolls back.

import type { Clock } from "../clock.ts";
import { AppError, messageOf } from "../errors.ts";
import type { Journal, JournalEntry, RunSubject } from "../run/ports.ts";
import type { Order } from "../run/report.ts";
import type { ChaosRunAbout, ChaosRunSpec } from "./crd/chaos-run.ts";
import { isPassing, record } from "./list.ts";
import { unpack } from "./pack.ts";
import { type Book, openBook, type Turn, turns } from "./run-book.ts";
import { timeOf } from "./run-status.ts";
import type { Holder, RunStore, StoredRun } from "./run-store.ts";

export type RunJournalOptions = {
  readonly store: RunStore;
  readonly holder: () => Holder;
  readonly clock: Clock;
  /** Unique for each claim, so that a lost answer can be told from somebody else's claim. */
  readonly nonce: () => string;
  /** Told of every change of phase, with the object's UID. Must not throw. */
  readonly onPhase?: (change: PhaseChange) => void;
  /** Told whenever an entry is written to a run that somebody wants to end. Must not throw. */
  readonly onOrder?: (order: Order) => void;
};

export type PhaseChange = {
  readonly runId: string;
  readonly uid: string;
  readonly phase: string;
  readonly because: string;
  readonly verdict?: string;
};

const RUN_ID = /^([a-z0-9]{1,64})-(0|[1-9][0-9]{0,9})$/;

/** An API server that is away for longer ends the run: leases need a word every 15 s. */
const PATIENCE_MS = 8_000;
const RETRY_MS = 500;
const MOST_CONFLICTS = 5;

/** A journal in ChaosRuns. */
export function createRunJournal(options: RunJournalOptions): Journal {
  const books = new Map<string, Book>();
  const queues = new Map<string, Promise<void>>();

  /** Entries of one run are written one after the other, in the order of their calls. */
  function inOrder(runId: string, work: () => Promise<void>): Promise<void> {
    const before = queues.get(runId) ?? Promise.resolve();
    const done = before.then(work, work);
    queues.set(runId, done);
    return done;
  }

  return {
    append: (...entries) => {
      const runId = entries[0]?.runId ?? "";
      return inOrder(runId, () => guarded("write", runId, () => append(options, books, runId, entries)));
    },
    read: (runId) => guarded("read", runId, async () => entriesOf(runId, await takeOver(options, runId))),
    runs: () => guarded("list", "every run", () => options.store.names()),
    claim: (runId, at, subject) =>
      guarded("claim", runId, () =>
        options.store.create(runId, runOf(runId, at, subject), `${options.holder().identity}/${options.nonce()}`),
      ),
  };
}

async function append(
  options: RunJournalOptions,
  books: Map<string, Book>,
  runId: string,
  entries: readonly JournalEntry[],
): Promise<void> {
  const until = options.clock.now() + PATIENCE_MS;
  for (let conflicts = 0; conflicts < MOST_CONFLICTS; ) {
    try {
      const before = books.get(runId) ?? (await load(options, runId));
      books.set(runId, before);
      if ((await write(options, books, runId, before, entries)) === "told") return;
      conflicts += 1;
      if (await isWritten(options, books, runId, before)) return;
    } catch (thrown) {
      if (!isPassing(thrown) || options.clock.now() >= until) throw thrown;
      await options.clock.sleep(RETRY_MS);
    }
  }
  throw new Error(`the object changed ${MOST_CONFLICTS} times while one entry was being written`);
}

/** All of them or none: the server takes a patch whole. */
async function write(
  options: RunJournalOptions,
  books: Map<string, Book>,
  runId: string,
  before: Book,
  entries: readonly JournalEntry[],
) {
  const next = turns(before, entries);
  const told = await options.store.tell(runId, before.resourceVersion, patchOf(next, options.holder()));
  if (told.kind === "conflict") return told.kind;
  // After its last entry a run is no longer followed; whoever adds one all the same reads it again.
  if (entries.at(-1)?.kind === "delivered") books.delete(runId);
  else books.set(runId, { ...next.book, resourceVersion: told.resourceVersion });
  sayPhase(options, runId, told.uid, before, next);
  if (told.abort !== undefined) options.onOrder?.({ kind: "abort", runId, ...told.abort });
  return told.kind;
}

/**
 * A conflict is a word in the spec, a runner of a later term, or an entry of ours whose answer was lost. Only the holder adds
 * entries, so one more than before is our own.
 */
async function isWritten(
  options: RunJournalOptions,
  books: Map<string, Book>,
  runId: string,
  before: Book,
): Promise<boolean> {
  const now = await load(options, runId);
  books.set(runId, now);
  return now.next > before.next;
}

function patchOf({ book, journal }: Turn, holder: Holder) {
  return { ...(book.summary ?? { phase: "claimed" as const }), holder, journal };
}

async function load({ store, holder }: RunJournalOptions, runId: string): Promise<Book> {
  const run = await store.get(named(runId));
  if (run === undefined) throw new AppError("JOURNAL_FAILED", `nobody claimed run ${runId}`);
  const own = holder();
  const other = holderOf(run);
  if (other !== undefined && (other.term > own.term || (other.term === own.term && other.identity !== own.identity))) {
    const [now, ours] = [other, own].map(({ identity, term }) => `${identity} (term ${term})`);
    throw new AppError("JOURNAL_FAILED", `run ${runId} belongs to ${now} now, and not to ${ours}`);
  }
  return openBook(run.resourceVersion, keptOf(runId, run));
}

function holderOf({ status }: StoredRun): Holder | undefined {
  const { identity, term } = record(status.holder);
  return typeof term === "number" ? { identity: String(identity), term } : undefined;
}

/** Whoever reads a run that goes on takes it over first: nothing may be added behind the reader's back. */
async function takeOver({ store, holder }: RunJournalOptions, runId: string): Promise<StoredRun | undefined> {
  for (let attempt = 0; attempt < MOST_CONFLICTS; attempt++) {
    const run = await store.get(named(runId));
    if (run === undefined || run.status.phase === "finished") return run;
    const [own, other] = [holder(), holderOf(run)];
    if (other !== undefined && other.term >= own.term) return run;
    const taken = other === undefined ? await takeFirst(store, run, own) : await store.take(runId, other.term, own);
    if (taken !== undefined) return taken;
  }
  throw new Error(`the object changed ${MOST_CONFLICTS} times while it was being taken over`);
}

/** Of a claim that nobody has written to. */
async function takeFirst(store: RunStore, run: StoredRun, holder: Holder): Promise<StoredRun | undefined> {
  const told = await store.tell(run.name, run.resourceVersion, { phase: "claimed", holder, journal: {} });
  return told.kind === "told" ? { ...run, resourceVersion: told.resourceVersion } : undefined;
}

function keptOf(runId: string, { status }: StoredRun) {
  return Object.entries(record(status.journal))
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, text]) => ({ key, entry: unpack(runId, String(text)) }));
}

/** The claim is the object itself. */
function entriesOf(runId: string, run: StoredRun | undefined): readonly JournalEntry[] {
  if (run === undefined) return [];
  const at = Date.parse(String(record(run.spec.run).requestedAt));
  return [{ at, runId, kind: "claimed", data: {} }, ...keptOf(runId, run).map(({ entry }) => entry)];
}

function runOf(runId: string, at: number, subject: RunSubject | undefined): ChaosRunSpec["run"] {
  const [, ticket = "", document = ""] = RUN_ID.exec(named(runId)) ?? [];
  const told = subject === undefined ? {} : { about: aboutOf(subject), ...signedOf(subject) };
  return { ticket, document, requestedAt: timeOf(at), ...told };
}

function signedOf({ ticket }: RunSubject): Pick<ChaosRunSpec["run"], "signed"> {
  return ticket === undefined ? {} : { signed: ticket };
}

function aboutOf({ expiresAt, sha256, ticket: _, ...subject }: RunSubject): ChaosRunAbout {
  const digest = /^[0-9a-f]{64}$/.test(sha256) ? { sha256 } : {};
  return { ...subject, ...digest, expiresAt: timeOf(expiresAt) };
}

function sayPhase({ onPhase }: RunJournalOptions, runId: string, uid: string, before: Book, { book }: Turn): void {
  const { summary } = book;
  if (summary?.phase === undefined || summary.phase === before.summary?.phase) return;
  const { phase, because = "", verdict } = summary;
  onPhase?.({ runId, uid, phase, because, ...(verdict !== undefined && { verdict }) });
}

function named(runId: string): string {
  if (!RUN_ID.test(runId)) throw new TypeError(`${JSON.stringify(runId)} is not a run id`);
  return runId;
}

async function guarded<T>(doing: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (cause instanceof AppError && cause.code === "JOURNAL_FAILED") throw cause;
    const message = `could not ${doing} the journal of ${what}: ${messageOf(cause)}; look at the API server and the runner's rights`;
    throw new AppError("JOURNAL_FAILED", message, { facts: { what, doing }, cause });
  }
}
