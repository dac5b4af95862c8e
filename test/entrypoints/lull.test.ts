import { describe, expect, it } from "vitest";
import { createLull } from "../../src/entrypoints/bot/lull.ts";

/** A clock that stands still but for sleeping, with something that happens while somebody sleeps. */
function sleeper(meanwhile: (now: number) => void = () => {}) {
  let now = 1000;
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms;
      meanwhile(now);
    },
  };
  return clock;
}

describe("the work of webhooks", () => {
  it("begins at once where none has just arrived", async () => {
    const clock = sleeper();
    const lull = createLull(clock);
    await lull.over();
    expect(clock.now()).toBe(1000);
  });

  it("begins when none has arrived for a moment", async () => {
    let arrivals = 3;
    const clock = sleeper(() => {
      if (arrivals-- > 0) lull.heard();
    });
    const lull = createLull(clock, { quietMs: 20, mostMs: 1000 });
    lull.heard();
    await lull.over();
    expect(clock.now()).toBe(1000 + 4 * 20);
  });

  it("begins after a while where they never end", async () => {
    const clock = sleeper(() => lull.heard());
    const lull = createLull(clock, { quietMs: 20, mostMs: 250 });
    lull.heard();
    await lull.over();
    expect(clock.now()).toBe(1250);
  });
});
