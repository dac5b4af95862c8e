import { appendFileSync, mkdtempSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createFileJournal } from "../../src/local/file-journal.ts";
import { journalContract } from "../contract/journal.ts";

const root = mkdtempSync(join(tmpdir(), "journal-"));
let folders = 0;

function aFolder(): string {
  folders += 1;
  return join(root, String(folders));
}

afterAll(() => rm(root, { recursive: true }));

journalContract("a folder of files", async () => {
  const folder = aFolder();
  return { journal: createFileJournal(folder), reopen: async () => createFileJournal(folder) };
});

describe("a journal on disk", () => {
  const entry = { at: 2, runId: "t1-0", kind: "event", data: { whole: true } };

  it("passes over a line that a crash tore, and the next line is whole", async () => {
    const folder = aFolder();
    const journal = createFileJournal(folder);
    await journal.claim("t1-0", 1);
    appendFileSync(join(folder, "t1-0", "journal.jsonl"), '{"at":1,"runId":"t1-0","ki');
    await journal.append(entry);
    await journal.append(entry);
    expect((await journal.read("t1-0")).map(({ kind }) => kind)).toEqual(["claimed", "event", "event"]);
  });

  it("is for its owner only: tickets are permissions", async () => {
    const folder = aFolder();
    await createFileJournal(folder).claim("t1-0", 1);
    const modes = [folder, join(folder, "t1-0"), join(folder, "t1-0", "journal.jsonl")].map(
      (path) => statSync(path).mode & 0o777,
    );
    expect(modes).toEqual([0o700, 0o700, 0o600]);
  });

  it.each(["../t1-0", "", "a/b", ".", "x".repeat(97)])("never leaves its folder for a run called %j", async (runId) => {
    const folder = aFolder();
    await expect(createFileJournal(folder).claim(runId, 1)).rejects.toThrow("is not a run id");
  });

  it("says what it could not write and what to look at when its folder is not a folder", async () => {
    const file = aFolder();
    writeFileSync(file, "");
    await expect(createFileJournal(file).claim("t1-0", 1)).rejects.toMatchObject({
      code: "JOURNAL_FAILED",
      message: expect.stringContaining("could not claim the journal of t1-0"),
    });
    expect(readdirSync(root)).toContain(file.slice(root.length + 1));
  });
});
