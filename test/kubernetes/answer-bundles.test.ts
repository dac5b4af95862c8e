import { describe, expect, it } from "vitest";
import { createRunJournal } from "../../src/kubernetes/run-journal.ts";
import { createFakeClock } from "../fakes/clock.ts";
import { createFakeRunStore } from "../fakes/run-store.ts";

const RUN = "t1-0";

/** What ten objectives of five series each answer at one poll. */
function answers(poll: number, random: () => number) {
  return Array.from({ length: 10 }, (_, objective) => ({
    objective: `objective-${objective}`,
    value: Array.from({ length: 5 }, (_, series) => ({ labels: { pod: `web-${series}` }, value: String(random()) })),
    freshness: [{ labels: {}, value: String(poll) }],
  }));
}

async function aLongRun(polls: number) {
  const store = createFakeRunStore();
  const holder = () => ({ identity: "runner", term: 1 });
  const open = () => createRunJournal({ store, holder, clock: createFakeClock(), nonce: () => "n" });
  let journal = open();
  let state = 1;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return Math.round(state / 2_147_483) / 1_000;
  };
  await journal.claim(RUN, 0);
  for (let poll = 0; poll < polls; poll += 1) {
    // Whoever takes the run up goes on with what it finds.
    if (poll % 100 === 99) journal = open();
    await journal.append({ at: poll, runId: RUN, kind: "answers", data: answers(poll, random) });
  }
  const { journal: entries } = (await store.get(RUN))?.status ?? {};
  return { journal, bytes: JSON.stringify(entries).length };
}

describe("what Prometheus answered", () => {
  it("is kept word for word, many polls in one entry", async () => {
    const { journal } = await aLongRun(200);
    const read = (await journal.read(RUN)).filter(({ kind }) => kind === "answers");
    expect(read.length).toBeLessThan(60);
    const polls = read.flatMap(({ at, data }) => {
      const { polls } = data as { polls?: readonly { at: number }[] };
      return polls?.map((one) => one.at) ?? [at];
    });
    expect(polls).toEqual(Array.from({ length: 200 }, (_, poll) => poll));
  });

  it("never fills the object: the oldest of a day's polls are let go", async () => {
    const { journal, bytes } = await aLongRun(1_500);
    expect(bytes).toBeLessThan(320 << 10);
    const read = (await journal.read(RUN)).filter(({ kind }) => kind === "answers");
    expect(read.at(-1)?.at).toBe(1_499);
  });
});
