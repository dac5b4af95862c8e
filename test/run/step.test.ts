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

  it.each(["injecting", "watching"] as const)("turn to rolling back at a bug of ours while %s", async (name) => {
    const { phases } = await aRun();
    const next = step(lastOf(phases, name), { kind: "expired", at: 1 });
    expect(next.phase).toMatchObject({
      name: "rolling-back",
      ending: { because: expect.stringContaining("internal error") },
    });
    expect(next.command).toBeDefined();
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
