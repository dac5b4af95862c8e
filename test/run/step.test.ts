import { describe, expect, it } from "vitest";
import { drive } from "../../src/run/drive.ts";
import { createInbox } from "../../src/run/inbox.ts";
import type { Phase } from "../../src/run/phase.ts";
import { recollect } from "../../src/run/recollect.ts";
import { begin, step } from "../../src/run/step.ts";
import { aWorld, breachesUnderFault, someTerms } from "../fakes/run.ts";

/** A whole run, and the phase after each of its events as its journal tells them. */
async function aRun() {
  const world = aWorld();
  breachesUnderFault(world);
  const terms = someTerms();
  await world.journal.claim(terms.runId, 0);
  await world.journal.append({ at: 0, runId: terms.runId, kind: "terms", data: terms });
  const { finished } = await drive({ step: begin(terms), events: 0 }, world, createInbox());
  const entries = await world.journal.read(terms.runId);
  const phases = entries.map((_, index) => recollect(entries.slice(0, index + 1)));
  return { finished, phases: phases.flatMap((one) => (one.kind === "never-began" ? [] : [one.start.step.phase])) };
}

function lastOf(phases: readonly Phase[], name: Phase["name"]): Phase {
  const phase = phases.findLast((one) => one.name === name);
  if (phase === undefined) throw new Error(`the run was never ${name}`);
  return phase;
}

describe("the steps of a run", () => {
  it("lead to the same end whenever they are told again", async () => {
    const { finished, phases } = await aRun();
    expect(phases.at(-1)).toEqual(JSON.parse(JSON.stringify(finished)));
  });

  it("go through every phase in order", async () => {
    const { phases } = await aRun();
    expect([...new Set(phases.map(({ name }) => name))]).toEqual([
      "requested",
      "preflight",
      "baseline",
      "injecting",
      "watching",
      "rolling-back",
      "verifying",
      "finished",
    ]);
  });

  it("end as failed at once where wrong bytes may be in files for good, however clean the daemons are", async () => {
    const { phases } = await aRun();
    const verifying = lastOf(phases, "verifying");
    if (verifying.name !== "verifying") throw new Error("no such phase");
    const act = { kind: "mistake", filling: "zero", maxOccurrences: 1, maxLength: 8 } as const;
    const fault = { kind: "file-io", volumePath: "/data", path: "", methods: [], percent: 100 } as const;
    const clean = { ...verifying, inspected: { found: [], unread: [] } };
    const outcome = (altersData: boolean) => {
      const target = { ...clean.target, order: { ...fault, act: { ...act, altersData } } };
      return step({ ...clean, target }, { kind: "polled", at: 1, heardAt: 1, readings: [] }).phase;
    };
    expect(outcome(true)).toMatchObject({
      name: "finished",
      rollback: "failed",
      ending: { because: expect.stringContaining("data altered") },
    });
    expect(outcome(false)).not.toMatchObject({ rollback: "failed" });
  });

  it.each(["injecting", "watching"] as const)("turn to rolling back at a bug of ours while %s", async (name) => {
    const { phases } = await aRun();
    const next = step(lastOf(phases, name), { kind: "expired", at: 1 });
    expect(next.phase).toMatchObject({
      name: "rolling-back",
      ending: { because: expect.stringContaining("internal error") },
    });
    expect(next.command).toBeDefined();
  });

  it.each([
    {
      name: "that one daemon did not take",
      event: { kind: "renewed", lost: [{ node: "node-1", why: "silence" }] } as const,
    },
    { name: "that found nobody", event: { kind: "renewed", lost: [], gone: true } as const },
    { name: "that failed", event: { kind: "failed", of: "renew", why: "a bug" } as const },
  ])("count a lease from a renewal $name: the others have it anew", async ({ event }) => {
    const { phases } = await aRun();
    const phase = lastOf(phases, "watching");
    if (phase.name !== "watching") throw new Error("no such phase");
    const at = phase.leasedAt + 1_500;
    const { phase: next } = step(phase, { ...event, at });
    expect(next).toMatchObject({ name: "rolling-back", giveUpAt: at + phase.lease.expiresAfterSeconds * 1000 + 2_000 });
  });

  it.each([
    { name: "injecting", from: "the end of the last order", lateMs: 5_000 },
    { name: "watching", from: "the last renewal", lateMs: 0 },
  ] as const)("go on undoing for a lease's time after $from while $name", async ({ name, lateMs }) => {
    const { phases } = await aRun();
    const phase = lastOf(phases, name);
    if (phase.name !== name) throw new Error("no such phase");
    const { leasedAt, lease } = phase;
    const { phase: next } = step(phase, { kind: "expired", at: leasedAt + 5_000 });
    expect(next).toMatchObject({ giveUpAt: leasedAt + lateMs + lease.expiresAfterSeconds * 1000 + 2_000 });
  });

  it.each(["requested", "preflight", "baseline"] as const)(
    "end at a bug of ours while %s, when nothing was done",
    async (name) => {
      const { phases } = await aRun();
      const next = step(lastOf(phases, name), { kind: "expired", at: 1 });
      expect(next.phase).toMatchObject({ name: "finished", rollback: "not-needed" });
    },
  );

  it.each(["rolling-back", "verifying", "finished"] as const)(
    "are not turned round by an order while %s",
    async (name) => {
      const { phases } = await aRun();
      const phase = lastOf(phases, name);
      const order = { kind: "abort", runId: phase.terms.runId, by: "octocat", reason: "" } as const;
      expect(step(phase, { kind: "ordered", order, at: 1 })).toEqual({ phase });
    },
  );
});
