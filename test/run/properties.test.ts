import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drive } from "../../src/run/drive.ts";
import { createInbox } from "../../src/run/inbox.ts";
import { begin } from "../../src/run/step.ts";
import { aWorld, someTerms } from "../fakes/run.ts";

const CALLS = {
  faults: ["inject", "renew", "revert", "residue", "active"],
  silences: ["create", "extend", "expire"],
  metrics: ["query"],
  reports: ["send"],
} as const;

type Part = keyof typeof CALLS;

const trouble = fc.constantFrom(...(Object.keys(CALLS) as Part[])).chain((part) =>
  fc.record({
    part: fc.constant(part),
    call: fc.constantFrom<string>(...CALLS[part]),
    nth: fc.integer({ min: 1, max: 60 }),
  }),
);

const moment = fc.integer({ min: 0, max: 60_000 });

const course = fc.record({
  troubles: fc.array(trouble, { maxLength: 12 }),
  breachAt: fc.option(moment),
  outsideAt: fc.option(moment),
  blindFrom: fc.option(moment),
  abortAt: fc.option(moment),
  stopAt: fc.option(moment),
  restartAt: fc.option(moment),
  felt: fc.constantFrom(true, false, undefined),
});

describe("whatever happens to a run", () => {
  it("it finishes, holds nobody any more, and silences nothing", async () => {
    await fc.assert(
      fc.asyncProperty(
        course,
        async ({ troubles, breachAt, outsideAt, blindFrom, abortAt, stopAt, restartAt, felt }) => {
          const world = aWorld();
          const terms = someTerms();
          const inbox = createInbox();
          const start = world.clock.now();
          const since = (at: number | null) => at !== null && world.clock.now() - start >= at;
          world.faults.felt = felt;
          for (const { part, call, nth } of troubles) world[part].trouble.fail(call, nth);
          world.metrics.answers = (promql) => {
            if (since(blindFrom)) return [];
            if (promql === "errors") return [since(breachAt) ? 0.5 : 0];
            if (promql === "outside") return [since(outsideAt) ? 0.5 : 0];
            return [1];
          };
          if (abortAt !== null) {
            const order = { kind: "abort", runId: terms.runId, by: "octocat", reason: "" } as const;
            world.clock.at(start + abortAt, () => inbox.putOrder(order, world.clock.now()));
          }
          if (stopAt !== null) {
            world.clock.at(start + stopAt, () => inbox.put({ kind: "told-to-stop", why: "", at: world.clock.now() }));
          }
          if (restartAt !== null) world.clock.at(start + restartAt, () => world.faults.restart());
          await world.journal.claim(terms.runId, start);
          const { finished } = await drive({ step: begin(terms), events: 0 }, world, inbox);
          expect(world.faults.holding()).toEqual([]);
          if (finished.ending.verdict === "resilient") expect(felt).toBe(true);
          if (finished.rollback === "not-needed") expect(world.faults.injected).toEqual([]);
          if (world.silences.active().length > 0) await world.clock.sleep(45_000);
          expect(world.silences.active()).toEqual([]);
          expect(world.occupancy.reserve("next", ["uid-checkout-0"])).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });
});
