import { describe, expect, it } from "vitest";
import { drive } from "../../src/run/drive.ts";
import { createInbox } from "../../src/run/inbox.ts";
import { begin } from "../../src/run/step.ts";
import type { Terms } from "../../src/run/terms.ts";
import { aWorld, breachesUnderFault, type FakeWorld, someTerms } from "../fakes/run.ts";

async function run(world: FakeWorld, terms: Terms = someTerms()) {
  await world.journal.claim(terms.runId, terms.requestedAt);
  const { finished, flushed } = await drive({ step: begin(terms), events: 0 }, world, createInbox());
  await flushed;
  return { finished, report: world.reports.sent.at(-1) };
}

describe("a run", () => {
  it("is resilient when every objective held for the ticket's duration under a fault that was felt", async () => {
    const world = aWorld();
    const { finished, report } = await run(world);
    expect(finished.ending).toMatchObject({ verdict: "resilient" });
    expect(finished.rollback).toBe("verified");
    expect(report).toMatchObject({ phase: "finished", durationMs: 30_000, cappedFromMs: 300_000, matchedPods: 10 });
    expect(report?.victims).toHaveLength(3);
    expect(report?.victims.every(({ revertedAt = 0, injectedAt }) => revertedAt - injectedAt >= 30_000)).toBe(true);
    expect(report?.silence?.state).toBe("expired");
    expect(report?.residue?.found).toEqual([]);
    expect(world.faults.holding()).toEqual([]);
  });

  it("stops at the first breach, within one poll, and gives everything back", async () => {
    const world = aWorld();
    breachesUnderFault(world);
    const { finished, report } = await run(world);
    expect(finished.ending).toEqual({ verdict: "violated", because: "checkout error rate is 0.08, promised below 0.02" });
    expect(finished.rollback).toBe("verified");
    const { injectedAt = 0, revertedAt = 0 } = report?.victims.at(-1) ?? {};
    expect(revertedAt - injectedAt).toBeLessThanOrEqual(1_000);
    expect(world.silences.active()).toEqual([]);
  });
});
