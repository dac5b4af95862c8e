import { describe, expect, it } from "vitest";
import type { Haste } from "../../src/github/haste.ts";
import { type Cost, createPace, type Pace, SHARES } from "../../src/github/pace.ts";
import { createFakeClock } from "../fakes/clock.ts";

type Asked = { readonly name: string; readonly cost: Cost; readonly haste: Haste };

function many(count: number, cost: Cost, haste: Haste = "review"): readonly Asked[] {
  return Array.from({ length: count }, (_, n) => ({ name: `${haste} ${cost} ${n}`, cost, haste }));
}

/** Lets everybody ask at the same moment; says after how many milliseconds each was let through, in that order. */
async function through(
  asked: readonly Asked[],
  prepare: (pace: Pace, now: number) => void = () => undefined,
  answerMs = 0,
) {
  const clock = createFakeClock();
  const pace = createPace(clock);
  const began = clock.now();
  prepare(pace, began);
  const seen: { readonly name: string; readonly ms: number }[] = [];
  await Promise.all(
    asked.map(async ({ name, cost, haste }) => {
      const end = await pace.turn(cost, () => haste);
      seen.push({ name, ms: clock.now() - began });
      if (answerMs > 0) await clock.sleep(answerMs);
      end();
    }),
  );
  return seen;
}

/** The most of them within any window of that length. */
function most(seen: readonly { readonly ms: number }[], windowMs: number): number {
  return Math.max(...seen.map(({ ms: from }) => seen.filter(({ ms }) => ms >= from && ms < from + windowMs).length));
}

describe("the pace of one installation", () => {
  it("lets reads through at once, ten at a time, and 700 in any minute", async () => {
    const seen = await through(many(1500, "read"), undefined, 10);
    expect(most(seen, 1)).toBe(10);
    expect(most(seen, 60_000)).toBe(700);
  });

  it("lets a review write once a second, and tell people of something every three", async () => {
    const writes = await through(many(5, "write"));
    expect(writes.map(({ ms }) => ms)).toEqual([0, 1000, 2000, 3000, 4000]);
    const tells = await through(many(3, "tell"));
    expect(tells.map(({ ms }) => ms)).toEqual([0, 3000, 6000]);
  });

  it.each([
    { haste: "review", cost: "tell", count: 500, windowMs: 3_600_000, bound: 400 },
    { haste: "people", cost: "tell", count: 600, windowMs: 3_600_000, bound: 450 },
    { haste: "first", cost: "tell", count: 600, windowMs: 3_600_000, bound: 490 },
    { haste: "people", cost: "write", count: 300, windowMs: 60_000, bound: 68 },
    { haste: "first", cost: "write", count: 300, windowMs: 60_000, bound: 76 },
  ] as const)(
    "keeps $cost of $haste to $bound in a window of $windowMs ms",
    async ({ haste, cost, count, windowMs, bound }) => {
      expect(most(await through(many(count, cost, haste)), windowMs)).toBe(bound);
    },
  );

  it("is beyond no limit of GitHub's however it is used", () => {
    for (const share of Object.values(SHARES)) {
      expect(share.writesPerMinute).toBeLessThan(80);
      expect(share.tellsPerHour).toBeLessThan(500);
      expect(share.pointsPerMinute).toBeLessThan(900);
      expect(share.atOnce).toBeLessThan(100);
    }
  });

  it("has no read wait behind writes, and nobody who stops something behind reviews", async () => {
    const seen = await through([...many(30, "write"), ...many(1, "read"), ...many(1, "tell", "first")]);
    const at = (name: string) => seen.find((each) => each.name === name)?.ms;
    expect([at("review read 0"), at("first tell 0"), at("review write 29")]).toEqual([0, 0, 29_000]);
    // Were it no more urgent than they are, it would wait for them all.
    const unhurried = await through([...many(30, "write"), ...many(1, "tell")]);
    expect(unhurried.find(({ name }) => name === "review tell 0")?.ms).toBe(30_000);
  });

  it("lets whoever became urgent while they waited go before the others", async () => {
    const clock = createFakeClock();
    const pace = createPace(clock);
    let haste: Haste = "review";
    const ends = Array.from({ length: 20 }, async () => (await pace.turn("write", () => "review"))());
    const raised = pace.turn("write", () => haste);
    clock.at(2500, () => {
      haste = "first";
    });
    (await raised)();
    const waited = clock.now();
    await Promise.all(ends);
    expect(clock.now() - waited).toBeGreaterThan(15_000);
  });

  it("stops before an hour is used up, a review earlier than whoever stops something, until it begins anew", async () => {
    const prepare = (remaining: number) => (pace: Pace, now: number) =>
      pace.heed({ limit: 5000, remaining, resetAt: now + 600_000 });
    const at = async (remaining: number, haste: Haste) =>
      (await through(many(1, "read", haste), prepare(remaining)))[0]?.ms;
    expect([await at(501, "review"), await at(500, "review")]).toEqual([0, 600_000]);
    expect([await at(251, "people"), await at(250, "people")]).toEqual([0, 600_000]);
    expect([await at(1, "first"), await at(0, "first")]).toEqual([0, 600_000]);
  });

  it("believes the least that was said within an hour, in whatever order it comes", async () => {
    const seen = await through(many(1, "read"), (pace, now) => {
      pace.heed({ limit: 5000, remaining: 300, resetAt: now + 600_000 });
      pace.heed({ limit: 5000, remaining: 4000, resetAt: now + 600_900 });
      pace.heed({});
    });
    expect(seen[0]?.ms).toBe(600_900);
  });

  it("holds everybody, also who stops something, for as long as GitHub asked", async () => {
    const seen = await through(many(1, "read", "first"), (pace, now) => pace.hold(now + 60_000));
    expect(seen[0]?.ms).toBe(60_000);
  });
});
