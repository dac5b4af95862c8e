import { describe, expect, it } from "vitest";
import { createRunJournal } from "../../src/kubernetes/run-journal.ts";
import { journalContract } from "../contract/journal.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { createFakeRunStore, type FakeRunStore } from "../fakes/run-store.ts";

function journalOn(store: FakeRunStore, term = 1) {
  const clock = createFakeClock();
  const holder = () => ({ identity: `runner-${term}`, term });
  return createRunJournal({ store, holder, clock, nonce: () => "n" });
}

const entry = (at: number) => ({ at, runId: "t1-0", kind: "intent", data: {} });

describe("a journal over an API server in trouble", () => {
  async function begun() {
    const store = createFakeRunStore();
    const journal = journalOn(store);
    await journal.claim("t1-0", 0);
    await journal.append(entry(1));
    return { store, journal, times: async () => (await journal.read("t1-0")).slice(1).map(({ at }) => at) };
  }

  it.each([
    { name: "the server is away for a moment", troubles: ["away", "away"] as const },
    { name: "an answer is lost, and the entry is not", troubles: ["answer lost"] as const },
    { name: "an answer is lost, and then the server", troubles: ["answer lost", "away", "away"] as const },
  ])("writes each entry once when $name", async ({ troubles }) => {
    const { store, journal, times } = await begun();
    store.troubles.push(...troubles);
    await journal.append(entry(2));
    await journal.append(entry(3));
    expect(await times()).toEqual([1, 2, 3]);
  });

  it("writes entries that belong together with one request, and once when its answer is lost", async () => {
    const { store, journal, times } = await begun();
    store.troubles.push("none", "away");
    await journal.append(entry(2), entry(3), entry(4));
    expect(store.troubles.splice(0)).toEqual(["away"]);
    store.troubles.push("answer lost");
    await journal.append(entry(5), entry(6));
    expect(await times()).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("writes past a person who changes the spec meanwhile", async () => {
    const { store, journal, times } = await begun();
    store.touch("t1-0");
    await journal.append(entry(2));
    expect(await times()).toEqual([1, 2]);
  });

  it("is taken over although its old holder writes all the time", async () => {
    const { store, journal } = await begun();
    const { get } = store;
    let at = 1;
    const busy = {
      ...store,
      get: async (name: string) => {
        const run = await get(name);
        await journal.append(entry(++at));
        return run;
      },
    };
    const entries = await journalOn(busy, 2).read("t1-0");
    await expect(journal.append(entry(99))).rejects.toThrow("belongs to runner-2");
    expect((await journalOn(store, 3).read("t1-0")).map((one) => one.at)).toEqual(entries.map((one) => one.at));
  });

  it("gives up within seconds when the server stays away, because a lease waits for nobody", async () => {
    const { store, journal } = await begun();
    store.troubles.push(...Array.from({ length: 1_000 }, () => "away" as const));
    await expect(journal.append(entry(2))).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    expect(1_000 - store.troubles.length).toBeLessThan(20);
  });

  it("keeps entries in the order in which they were given, when nobody waits for one before the next", async () => {
    const { journal, times } = await begun();
    await Promise.all([2, 3, 4, 5].map((at) => journal.append(entry(at))));
    expect(await times()).toEqual([1, 2, 3, 4, 5]);
  });

  it("refuses a run id that no object could have", async () => {
    const { journal } = await begun();
    await expect(journal.claim("../t1-0", 1)).rejects.toThrow("is not a run id");
  });
});

journalContract("a journal over the fake store", async () => {
  const store = createFakeRunStore();
  let term = 1;
  return { journal: journalOn(store), reopen: async () => journalOn(store, ++term) };
});
