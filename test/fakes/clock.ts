import type { Clock } from "../../src/clock.ts";

export type FakeClock = Clock & {
  /** Does something when the time comes. */
  at(ms: number, action: () => void): void;
};

/** A clock that passes only while somebody sleeps: two hours take no time, and always the same course. */
export function createFakeClock(start = 1_700_000_000_000): FakeClock {
  let now = start;
  const alarms: { at: number; action: () => void }[] = [];

  function nextAlarm(until: number) {
    alarms.sort((one, other) => one.at - other.at);
    return alarms[0] !== undefined && alarms[0].at <= until ? alarms.shift() : undefined;
  }

  return {
    now: () => now,
    at: (ms, action) => void alarms.push({ at: ms, action }),
    async sleep(ms, signal) {
      const until = now + ms;
      while (!signal?.aborted && now < until) {
        const alarm = nextAlarm(until);
        now = Math.max(now, alarm?.at ?? until);
        alarm?.action();
        // Whatever an alarm set off gets its turn before the sleeper looks again.
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}
