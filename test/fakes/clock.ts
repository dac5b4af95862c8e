import type { Clock } from "../../src/clock.ts";

export type FakeClock = Clock & {
  /** Does something when the time comes; by itself it makes no time pass. */
  at(ms: number, action: () => void): void;
};

type Due = { readonly at: number; readonly act: () => void; readonly sleeper: boolean };

/** A clock that passes only while somebody sleeps: two hours take no time, and always the same course. */
export function createFakeClock(start = 1_700_000_000_000): FakeClock {
  let now = start;
  let passing = false;
  const queue: Due[] = [];

  function enqueue(due: Due): void {
    queue.push(due);
    queue.sort((one, other) => one.at - other.at);
  }

  async function pass(): Promise<void> {
    if (passing) return;
    passing = true;
    while (queue.some(({ sleeper }) => sleeper)) {
      // Whoever is awake gets every turn they want before time goes on.
      for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
      const due = queue.shift();
      now = Math.max(now, due?.at ?? now);
      due?.act();
    }
    passing = false;
  }

  return {
    now: () => now,
    at: (ms, act) => enqueue({ at: ms, act, sleeper: false }),
    sleep(ms, signal) {
      if (signal?.aborted) return Promise.resolve();
      return new Promise((resolve) => {
        const due = { at: now + ms, act: resolve, sleeper: true };
        const wake = () => {
          if (queue.includes(due)) queue.splice(queue.indexOf(due), 1);
          resolve();
        };
        signal?.addEventListener("abort", wake, { once: true });
        enqueue(due);
        void pass();
      });
    },
  };
}
