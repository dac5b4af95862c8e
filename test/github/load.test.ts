// The bot under a load that it cannot publish at once: GitHub takes a write a second. Each figure is printed; `make bench-load` keeps them.

import { describe, expect, it } from "vitest";
import { type Figures, type Load, playLoad } from "./support/load/load.ts";

const FULL = process.env.CHAOSGATE_FULL === "1";
const SMALL: Load = { pulls: 20, manifests: 20, times: 20, withinMs: 50_000 };
/** An answer to GitHub, by the wall's clock. */
const MOST_MS = 200;
/** Of memory that was ever resident: a small container has 512 MB. */
const MOST_MB = 512;

async function play(name: string, load: Load): Promise<Figures> {
  const figures = await playLoad(load);
  console.log(`${name}: ${JSON.stringify(figures)}`);
  return figures;
}

function expectGood(figures: Figures, { pulls }: Load): void {
  expect(figures).toMatchObject({ unacknowledged: 0, reviewed: pulls, refused: { primary: 0, secondary: 0 } });
  expect(figures.acknowledgedMs.p99).toBeLessThan(MOST_MS);
  expect(figures.peakMb).toBeLessThan(MOST_MB);
}

describe("many pull requests at once", () => {
  it("are acknowledged, reviewed, and never beyond a limit of GitHub; who stops something waits for none of them", async () => {
    const figures = await play("20 pull requests", { ...SMALL, says: "/chaos abort" });
    expectGood(figures, SMALL);
    expect(figures.answered?.githubSeconds).toBeLessThan(15);
    expect(figures.answered?.reviewedByThen).toBeLessThan(SMALL.pulls / 2);
  });

  it("wait for the next hour where this hour's requests are used up, and are all reviewed then", async () => {
    const few = { requestsPerHour: 200, minutesGone: 55, times: 60, withinMs: 40_000 };
    const load = { ...SMALL, ...few };
    const figures = await play("200 requests an hour", load);
    expectGood(figures, load);
    expect(figures.busiest.requestsPerHour).toBeGreaterThan(200);
    expect(figures.githubSeconds).toBeGreaterThan(290);
  });

  it("are not acknowledged in time by a bot that works first", async () => {
    const figures = await play("works first", { ...SMALL, pulls: 6, manifests: 2, habit: "works-first" });
    expect(figures.acknowledgedMs.p99).toBeGreaterThan(MOST_MS);
  });

  it("fill the memory of a bot that forgets nothing", async () => {
    const figures = await play("hoards", { ...SMALL, habit: "hoards", times: 60, withinMs: 20_000 });
    expect(figures.peakMb).toBeGreaterThan(MOST_MB);
  });

  it("meet GitHub's limits where nobody waits, and are not all reviewed then", async () => {
    const figures = await play("without a pace", { ...SMALL, manifests: 2, throttle: "off", withinMs: 4_000 });
    expect(figures.refused.secondary).toBeGreaterThan(0);
    expect(figures.reviewed).toBeLessThan(SMALL.pulls);
  });

  it.skipIf(!FULL)("are 200 of 20 manifests each", { timeout: 300_000 }, async () => {
    const load = { ...SMALL, pulls: 200, withinMs: 240_000, says: "/chaos abort" };
    const figures = await play("200 pull requests", load);
    expectGood(figures, load);
    expect(figures.counted).toBeLessThan(5000);
    expect(figures.answered?.githubSeconds).toBeLessThan(15);
  });
});
