// One folder per run, one line per entry. The folder's creation is the claim, so no run begins twice; a line is on the disk before
// what it announces is done. A line torn by a crash was never acted on, and is passed over.

import { constants } from "node:fs";
import { type FileHandle, mkdir, open, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { AppError, messageOf } from "../errors.ts";
import type { Journal, JournalEntry } from "../run/ports.ts";

const RUN_ID = /^[\w-]{1,96}$/;
const FILE = "journal.jsonl";
const NEWLINE = 10;

/** Tickets are permissions: nobody else on the machine may read them. */
const OWNER_ONLY = { folder: 0o700, file: 0o600 };

/** A journal in a folder of this machine, which is made when it is missing. */
export function createFileJournal(folder: string): Journal {
  return {
    append: (...entries) => {
      const runId = entries[0]?.runId ?? "";
      return guarded("write", runId, () => append(join(folder, named(runId)), entries));
    },
    read: (runId) => guarded("read", runId, () => read(join(folder, named(runId)))),
    runs: () => guarded("list", folder, () => runs(folder)),
    claim: (runId, at) => guarded("claim", runId, () => claim(folder, runId, at)),
  };
}

async function append(folder: string, entries: readonly JournalEntry[]): Promise<void> {
  const file = await open(join(folder, FILE), constants.O_RDWR | constants.O_APPEND);
  try {
    const separator = (await endsTorn(file)) ? "\n" : "";
    await file.appendFile(`${separator}${entries.map((entry) => `${JSON.stringify(entry)}\n`).join("")}`);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** A crash in the middle of a line must not spoil the next one. */
async function endsTorn(file: FileHandle): Promise<boolean> {
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] !== NEWLINE;
}

async function claim(folder: string, runId: string, at: number): Promise<boolean> {
  await mkdir(folder, { recursive: true, mode: OWNER_ONLY.folder });
  const own = join(folder, named(runId));
  try {
    await mkdir(own, { mode: OWNER_ONLY.folder });
  } catch (thrown) {
    // The folder is the claim: whoever made it has the run.
    if (codeOf(thrown) === "EEXIST") return false;
    throw thrown;
  }
  const file = await open(join(own, FILE), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, OWNER_ONLY.file);
  try {
    await file.appendFile(`${JSON.stringify({ at, runId, kind: "claimed", data: {} })}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(own);
  await syncFolder(folder);
  return true;
}

async function read(folder: string): Promise<readonly JournalEntry[]> {
  const lines = (await textOf(join(folder, FILE))).split("\n");
  return lines.flatMap((line) => entryOf(line) ?? []);
}

function entryOf(line: string): JournalEntry | undefined {
  try {
    return JSON.parse(line) as JournalEntry;
  } catch {
    // Empty, or torn by a crash before anything was done about it.
    return undefined;
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (thrown) {
    // A run that nobody claimed has an empty journal.
    if (codeOf(thrown) === "ENOENT") return "";
    throw thrown;
  }
}

async function runs(folder: string): Promise<readonly string[]> {
  try {
    return (await readdir(folder)).filter((name) => RUN_ID.test(name)).sort();
  } catch (thrown) {
    // No run was ever claimed here.
    if (codeOf(thrown) === "ENOENT") return [];
    throw thrown;
  }
}

/** A folder's entry is durable only when the folder is synced too (fsync(2)). */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function named(runId: string): string {
  if (!RUN_ID.test(runId)) throw new TypeError(`${JSON.stringify(runId)} is not a run id`);
  return runId;
}

async function guarded<T>(doing: string, what: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    const message = `could not ${doing} the journal of ${what}: ${messageOf(cause)}; check the disk and its permissions`;
    throw new AppError("JOURNAL_FAILED", message, { facts: { what, doing }, cause });
  }
}

function codeOf(thrown: unknown): string | undefined {
  return (thrown as NodeJS.ErrnoException | undefined)?.code;
}
