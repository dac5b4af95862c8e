import { describe, expect, it } from "vitest";
import { drive } from "../../src/run/drive.ts";
import { createInbox } from "../../src/run/inbox.ts";
import type { JournalEntry } from "../../src/run/ports.ts";
import { checkpointOf, recollect } from "../../src/run/recollect.ts";
import { begin } from "../../src/run/step.ts";
import { aWorld, breachesUnderFault, someTerms } from "../fakes/run.ts";

async function aJournal(failingReverts: readonly number[] = []): Promise<readonly JournalEntry[]> {
  const world = aWorld();
  world.faults.trouble.fail("revert", ...failingReverts);
  breachesUnderFault(world);
  const terms = someTerms();
  await world.journal.claim(terms.runId, 0);
  await world.journal.append({ at: 0, runId: terms.runId, kind: "terms", data: terms });
  await drive({ step: begin(terms), events: 0 }, world, createInbox());
  return world.journal.read(terms.runId);
}

describe("a journal", () => {
  it("leads where the run went, also where an undo failed and was tried again", async () => {
    const entries = await aJournal([1, 2]);
    const found = recollect(entries);
    if (found.kind !== "finished") throw new Error(`the run is ${found.kind}`);
    expect(found.start.step.phase).toMatchObject({ name: "finished", rollback: "verified" });
    for (let cut = 2; cut <= entries.length; cut++) expect(() => recollect(entries.slice(0, cut))).not.toThrow();
  });
});

describe("a checkpoint", () => {
  it("stands for every intent and event before it, wherever it is taken", async () => {
    const entries = await aJournal();
    const whole = recollect(entries);
    expect(whole.kind).toBe("finished");
    for (let cut = 2; cut <= entries.length; cut++) {
      const before = recollect(entries.slice(0, cut));
      if (before.kind === "never-began") throw new Error("the terms are on record");
      const data = JSON.parse(JSON.stringify(checkpointOf(before.start.step.phase, before.start.events)));
      const kept = entries.slice(0, cut).filter(({ kind }) => kind !== "event" && kind !== "intent");
      const checkpoint = { at: 0, runId: "r", kind: "checkpoint", data };
      expect(recollect([...kept, checkpoint, ...entries.slice(cut)])).toEqual(whole);
    }
  });
});
