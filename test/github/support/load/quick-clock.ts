import { type Clock, systemClock } from "../../../../src/clock.ts";

/** A clock that goes faster than the wall's from `startedAt` on, the same in every process that is given the same two numbers. */
export function quickClock(startedAt: number, times: number): Clock {
  return {
    now: () => startedAt + (Date.now() - startedAt) * times,
    sleep: (ms, signal) => systemClock.sleep(ms / times, signal),
  };
}
