import { describe, expect, it } from "vitest";
import { abreast } from "../../src/run/abreast.ts";
import { createActiveRuns } from "../../src/run/active-runs.ts";
import { createFakeClock } from "../fakes/clock.ts";

const quiet = { info: () => {}, error: () => {} };

describe("runs that are told to stop", () => {
  it("are those of now, and one that was being claimed at that moment", () => {
    const runs = createActiveRuns(createFakeClock(), quiet);
    const now = runs.inboxOf("t1-0");
    expect(now.take()).toBeUndefined();
    runs.tellToStop("it was asked to end");
    for (const inbox of [now, runs.inboxOf("t2-0")])
      expect(inbox.take()).toMatchObject({ kind: "told-to-stop", why: "it was asked to end" });
    expect(runs.inboxOf("t2-0").take()).toBeUndefined();
  });
});

describe("work abreast", () => {
  it("begins nothing after a failure, and rejects only when what was under way has ended", async () => {
    const log: string[] = [];
    let finish = () => {};
    const slow = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const work = async (item: string) => {
      log.push(`begins ${item}`);
      if (item === "bad") throw new Error("bad");
      await slow;
      log.push(`ends ${item}`);
    };
    const all = abreast(["slow", "bad", "never"], work, 2).catch(({ message }: Error) => log.push(message));
    await new Promise((resolve) => setImmediate(resolve));
    finish();
    await all;
    expect(log).toEqual(["begins slow", "begins bad", "ends slow", "bad"]);
  });

  it("answers in the order of the items", async () => {
    expect(await abreast([3, 1, 2], async (n) => n * 10, 2)).toEqual([30, 10, 20]);
  });
});
