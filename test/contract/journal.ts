import { describe, expect, it } from "vitest";
import type { Journal } from "../../src/run/ports.ts";

/** What every journal must do; `reopen` is the same journal after its runner died. */
export function journalContract(
  name: string,
  make: () => Promise<{ journal: Journal; reopen: () => Promise<Journal> }>,
): void {
  describe(`${name} is a journal: it`, () => {
    const entry = (kind: string, data: unknown = {}) => ({ at: 1, runId: "t1-0", kind, data });

    it("gives a run to the first who claims it and to nobody after", async () => {
      const { journal } = await make();
      expect(await journal.claim("t1-0", 1)).toBe(true);
      expect(await journal.claim("t1-0", 2)).toBe(false);
      expect(await journal.claim("t1-1", 2)).toBe(true);
    });

    it("gives a run to one of many who claim it at the same moment", async () => {
      const { journal } = await make();
      const claims = await Promise.all(Array.from({ length: 10 }, () => journal.claim("t1-0", 1)));
      expect(claims.filter(Boolean)).toHaveLength(1);
    });

    it("keeps entries in order and as they were, for whoever opens it next", async () => {
      const { journal, reopen } = await make();
      await journal.claim("t1-0", 1);
      await journal.append(entry("event", { text: 'line\nbreak, "quotes" and ü', list: [1, { deep: null }] }));
      await journal.append(entry("intent"));
      const read = await (await reopen()).read("t1-0");
      expect(read.map(({ kind }) => kind)).toEqual(["claimed", "event", "intent"]);
      expect(read[1]?.data).toEqual({ text: 'line\nbreak, "quotes" and ü', list: [1, { deep: null }] });
    });

    it("keeps entries that are given together, in their order", async () => {
      const { journal, reopen } = await make();
      await journal.claim("t1-0", 1);
      await journal.append(entry("answers"), entry("event"), entry("intent"));
      await journal.append(entry("delivered"));
      const read = await (await reopen()).read("t1-0");
      expect(read.map(({ kind }) => kind)).toEqual(["claimed", "answers", "event", "intent", "delivered"]);
    });

    it("lists every run, and forgets no claim", async () => {
      const { journal, reopen } = await make();
      expect(await journal.runs()).toEqual([]);
      await journal.claim("t1-1", 1);
      await journal.claim("t1-0", 1);
      const again = await reopen();
      expect(await again.runs()).toEqual(["t1-0", "t1-1"]);
      expect(await again.claim("t1-0", 2)).toBe(false);
    });

    it("has nothing to read of a run that nobody claimed, and refuses to write it", async () => {
      const { journal } = await make();
      expect(await journal.read("t1-0")).toEqual([]);
      await expect(journal.append(entry("event"))).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    });
  });
}
