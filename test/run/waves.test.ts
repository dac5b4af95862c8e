import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { AppError } from "../../src/errors.ts";
import { MOST_ABREAST } from "../../src/run/abreast.ts";
import { drive } from "../../src/run/drive.ts";
import { createInbox } from "../../src/run/inbox.ts";
import { recollect } from "../../src/run/recollect.ts";
import { WIDEST_WAVE } from "../../src/run/step/wave.ts";
import { begin } from "../../src/run/step.ts";
import type { Terms } from "../../src/run/terms.ts";
import { aBigWorld, bigTerms, watched } from "../fakes/big-run.ts";
import type { FakeWorld } from "../fakes/run.ts";

async function run(world: FakeWorld, terms: Terms, inbox = createInbox()) {
  await world.journal.claim(terms.runId, terms.requestedAt);
  await world.journal.append({ at: terms.requestedAt, runId: terms.runId, kind: "terms", data: terms });
  const { finished } = await drive({ step: begin(terms), events: 0 }, world, inbox);
  return { finished, story: finished.story };
}

/** The fault ids of each wave, as its intent has them. */
async function wavesOf({ journal }: FakeWorld, { runId }: Terms): Promise<readonly (readonly string[])[]> {
  const intents = (await journal.read(runId)).filter(({ kind }) => kind === "intent");
  return intents.flatMap(({ data }) => {
    const { do: act, faults } = data as { do: string; faults: readonly { faultId: string }[] };
    return act === "inject" ? [faults.map(({ faultId }) => faultId)] : [];
  });
}

/** Times of the guard's polls while there was a fault, by the journal. */
async function pollsOf({ journal }: FakeWorld, { runId }: Terms): Promise<readonly number[]> {
  const entries = await journal.read(runId);
  const from = entries.findIndex(({ data }) => (data as { do?: string }).do === "inject");
  return entries
    .slice(from)
    .flatMap(({ kind, data }) =>
      kind === "event" && (data as { kind: string }).kind === "polled" ? [(data as { at: number }).at] : [],
    );
}

describe("many victims", () => {
  it("get their faults in waves: one alone, then at most twice as many as before, and never more than the widest", async () => {
    const world = aBigWorld(1_500, 300);
    const terms = bigTerms(1_500);
    const seen = watched(world, () => 12);
    const { finished, story } = await run(world, terms);
    expect(finished.ending.verdict).toBe("resilient");
    expect(story.victims).toHaveLength(1_500);
    const sizes = (await wavesOf(world, terms)).map(({ length }) => length);
    expect(sizes.slice(0, 10)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 256]);
    expect(Math.max(...sizes)).toBe(WIDEST_WAVE);
    expect(seen.most).toBe(MOST_ABREAST);
    expect(seen.mostOnANode).toBe(1);
  });

  it("are all hit within seconds and let go within two, beside daemons that fail one call in a hundred", async () => {
    const world = aBigWorld(2_000, 1_000);
    const terms = bigTerms(2_000);
    watched(world, ({ faultId }) => 5 + (Number(faultId.slice(1)) % 16));
    failing(world, ["inject", "renew", "revert", "residue", "active", "capabilities"], 100);
    const { finished, story } = await run(world, terms);
    expect(finished).toMatchObject({ ending: { verdict: "resilient" }, rollback: "verified" });
    const times = story.victims.map(({ injectedAt }) => injectedAt);
    const ends = story.victims.map(({ revertedAt = Number.NaN }) => revertedAt);
    expect(times).toHaveLength(2_000);
    expect(Math.max(...times) - Math.min(...times)).toBeLessThan(5_000);
    expect(Math.max(...ends) - Math.min(...ends)).toBeLessThan(2_000);
    expect(world.faults.holding()).toEqual([]);
    expect(story.timeline.some(({ what }) => what.includes("given again"))).toBe(true);
  });

  it("do not keep the guard from polling: between two polls is a poll's time, and one order at most", async () => {
    const world = aBigWorld(300, 10);
    const terms = bigTerms(300);
    const slowest = 400;
    watched(world, ({ faultId }) => (Number(faultId.slice(1)) % 5) * 100);
    await run(world, terms);
    const polls = await pollsOf(world, terms);
    const gaps = polls.slice(1).map((at, index) => at - (polls[index] ?? at));
    expect(gaps.length).toBeGreaterThan(10);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(terms.guard.pollMs + slowest);
  });

  it("go on being hit when a poll takes longer than the time between two", async () => {
    const world = aBigWorld(40, 10);
    const terms = bigTerms(40);
    const { query } = world.metrics;
    world.metrics.query = async (...asked) => {
      await world.clock.sleep(terms.guard.pollMs + 200);
      return query(...asked);
    };
    watched(world, () => 50);
    expect((await run(world, terms)).story.victims).toHaveLength(40);
  });

  it("are hit by no order that begins after somebody stopped the run", async () => {
    const world = aBigWorld(500, 100);
    const terms = bigTerms(500);
    const inbox = createInbox();
    const seen = watched(world, () => 20);
    const order = { kind: "abort", runId: terms.runId, by: "octocat", reason: "enough" } as const;
    let asked = Number.NaN;
    const stopWhenWide = () => {
      if (seen.asked.length < 130) return world.clock.at(world.clock.now() + 5, stopWhenWide);
      asked = seen.asked.length;
      inbox.putOrder(order, world.clock.now());
    };
    world.clock.at(world.clock.now(), stopWhenWide);
    const { finished } = await run(world, terms, inbox);
    expect(finished).toMatchObject({ ending: { verdict: "aborted" }, rollback: "verified" });
    expect(seen.asked).toHaveLength(asked);
    expect(asked).toBeLessThan(256);
    expect(world.faults.holding()).toEqual([]);
  });

  it("are not left unguarded for longer than a poll and two calls where most of a thousand daemons fall silent", async () => {
    const world = aBigWorld(1_000, 1_000);
    const terms = bigTerms(1_000);
    const silenceMs = 3_000;
    const { renew } = world.faults;
    let silentFrom = Number.POSITIVE_INFINITY;
    const asked: number[] = [];
    world.faults.renew = async (node, ...rest) => {
      if (world.faults.holding().length < 1_000) return renew(node, ...rest);
      silentFrom = Math.min(silentFrom, world.clock.now());
      asked.push(world.clock.now());
      await world.clock.sleep(silenceMs);
      throw new AppError("DAEMON_UNREACHABLE", "no route");
    };
    const { finished } = await run(world, terms);
    expect(finished).toMatchObject({ ending: { verdict: "inconclusive" }, rollback: "verified" });
    const ends = finished.story.victims.map(({ revertedAt = Number.NaN }) => revertedAt);
    expect(Math.max(...ends) - silentFrom).toBeLessThanOrEqual(terms.guard.pollMs + 2 * silenceMs);
    expect(asked.length).toBeLessThan(1_000);
  });

  it.each([
    { lateMs: 400, keeps: "all keep their leases", verdict: "resilient" },
    { lateMs: 2_500, keeps: "are rolled back after 10 s", verdict: "inconclusive" },
  ])("$keeps where each of a thousand daemons answers after $lateMs ms", async ({ lateMs, verdict }) => {
    const world = aBigWorld(1_000, 1_000);
    const { renew } = world.faults;
    world.faults.renew = async (...asked) => {
      await world.clock.sleep(lateMs);
      return renew(...asked);
    };
    const { finished } = await run(world, bigTerms(1_000));
    expect(finished).toMatchObject({ ending: { verdict }, rollback: "verified" });
    expect(finished.ending.because.includes("its turn did not come within 10 s")).toBe(verdict === "inconclusive");
  });

  it.each([1_500, 4_000])(
    "keep their leases where a busy runner hears of one failed call %i ms later",
    async (lateMs) => {
      const world = aBigWorld(20, 20);
      const { renew } = world.faults;
      let calls = 0;
      world.faults.renew = async (...asked) => {
        calls += 1;
        if (calls % 50 !== 0) return renew(...asked);
        await world.clock.sleep(lateMs);
        throw new AppError("DAEMON_UNREACHABLE", "it was busy");
      };
      const { finished } = await run(world, bigTerms(20));
      expect(calls).toBeGreaterThan(50);
      expect(finished).toMatchObject({ ending: { verdict: "resilient" }, rollback: "verified" });
    },
  );

  it.each([
    {
      what: "keep their leases where a busy runner hears late of two failures in a row",
      heard: true,
      verdict: "resilient",
    },
    { what: "are rolled back where nothing is heard of two calls in a row", heard: false, verdict: "inconclusive" },
  ])("$what", async ({ heard, verdict }) => {
    const world = aBigWorld(20, 20);
    const { renew } = world.faults;
    let calls = 0;
    world.faults.renew = async (node, ...rest) => {
      if (node !== "node-3") return renew(node, ...rest);
      calls += 1;
      if (calls !== 2 && calls !== 3) return renew(node, ...rest);
      await world.clock.sleep(4_000);
      throw new AppError("DAEMON_UNREACHABLE", "it was busy", { facts: { heard } });
    };
    const { finished } = await run(world, bigTerms(20));
    expect(calls).toBeGreaterThan(2);
    expect(finished).toMatchObject({ ending: { verdict }, rollback: "verified" });
  });

  it("are let go on every node that answers, while one does not", async () => {
    const world = aBigWorld(200, 50);
    const terms = bigTerms(200);
    const { revert } = world.faults;
    const begun = new Map<string, number>();
    world.faults.revert = async (node, ...rest) => {
      begun.set(node, (begun.get(node) ?? 0) + 1);
      if (node !== "node-3") return revert(node, ...rest);
      await world.clock.sleep(3_000);
      throw new AppError("DAEMON_UNREACHABLE", "no route");
    };
    const { finished, story } = await run(world, terms);
    // Its lease has ended what nobody could take back.
    expect(finished.rollback).toBe("verified");
    const [stuck, freed] = [story.victims.filter(isStuck), story.victims.filter((one) => !isStuck(one))];
    expect(stuck.every(({ node }) => node === "node-3")).toBe(true);
    expect(freed).toHaveLength(200 - stuck.length);
    // 3 s of silence and pauses of 1, 2, 4, 8, 8 ... s within a lease of 45 s and what is left of a poll.
    expect(begun.get("node-3")).toBeLessThan(9);
    expect([...begun].filter(([node]) => node !== "node-3").every(([, times]) => times === 1)).toBe(true);
  });
});

function isStuck({ revertedAt }: { readonly revertedAt?: number }): boolean {
  return revertedAt === undefined;
}

/** Every n-th call of each name fails: by turns before it is done, and after. */
function failing(world: FakeWorld, calls: readonly (keyof FakeWorld["faults"])[], nth: number): void {
  for (const call of calls) {
    const work = world.faults[call] as (...words: unknown[]) => Promise<unknown>;
    let count = 0;
    Object.assign(world.faults, {
      [call]: async (...words: unknown[]) => {
        count += 1;
        if (count % nth === 0 && count % (2 * nth) !== 0) throw new AppError("DAEMON_UNREACHABLE", "it was busy");
        const answer = await work(...words);
        if (count % (2 * nth) === 0) throw new AppError("DAEMON_UNREACHABLE", "its answer was lost");
        return answer;
      },
    });
  }
}

const shape = fc.record({
  victims: fc.integer({ min: 1, max: 40 }),
  nodes: fc.integer({ min: 1, max: 12 }),
  takes: fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: 1, maxLength: 7 }),
  fails: fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 10 }),
  abortAt: fc.option(fc.integer({ min: 0, max: 30_000 })),
});

describe("whatever the daemons do to a wave", () => {
  it("every fault that may exist is on record before it is asked for, and waves keep to their bounds", async () => {
    await fc.assert(
      fc.asyncProperty(shape, async ({ victims, nodes, takes, fails, abortAt }) => {
        const world = aBigWorld(victims, nodes);
        const terms = bigTerms(victims);
        const seen = watched(world, () => takes[seen.asked.length % takes.length] ?? 0);
        world.faults.trouble.fail("inject", ...fails);
        const { inject } = world.faults;
        const missing: string[] = [];
        world.faults.inject = async (node, request) => {
          if (!(await isOnRecord(world, terms, node, request.faultId))) missing.push(request.faultId);
          return inject(node, request);
        };
        const inbox = createInbox();
        if (abortAt !== null) {
          const order = { kind: "abort", runId: terms.runId, by: "octocat", reason: "" } as const;
          world.clock.at(world.clock.now() + abortAt, () => inbox.putOrder(order, world.clock.now()));
        }
        const { story } = await run(world, terms, inbox);
        expect(missing).toEqual([]);
        expect(seen.mostOnANode).toBeLessThanOrEqual(1);
        expect(world.faults.holding()).toEqual([]);
        const ids = story.victims.map(({ faultId }) => faultId);
        expect(new Set(ids).size).toBe(ids.length);
        const sizes = (await wavesOf(world, terms)).map(({ length }) => length);
        if (sizes.length > 0) expect(sizes[0]).toBe(1);
        for (const [wave, size] of sizes.entries())
          expect(size).toBeLessThanOrEqual(Math.max(1, 2 * (sizes[wave - 1] ?? 0)));
      }),
      { numRuns: 100 },
    );
  });
});

it("the law is looked at: a journal that forgets intents breaks it", async () => {
  const world = aBigWorld(5, 2);
  const terms = bigTerms(5);
  const { append } = world.journal;
  world.journal.append = (...entries) => append(...entries.filter(({ kind }) => kind !== "intent"));
  const { inject } = world.faults;
  const seen: boolean[] = [];
  world.faults.inject = async (node, request) => {
    seen.push(await isOnRecord(world, terms, node, request.faultId));
    return inject(node, request);
  };
  await run(world, terms);
  expect(seen).toEqual([false, false, false, false, false]);
});

/** By the journal alone: the intent names it, and whoever takes the run up would undo it. */
async function isOnRecord(world: FakeWorld, terms: Terms, node: string, faultId: string): Promise<boolean> {
  const found = recollect(await world.journal.read(terms.runId));
  if (found.kind === "never-began") return false;
  const { phase } = found.start.step;
  const undone = "ledger" in phase && phase.ledger?.open.some((undo) => undo.kind === "faults" && undo.node === node);
  return undone === true && (await wavesOf(world, terms)).some((wave) => wave.includes(faultId));
}
