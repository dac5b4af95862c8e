import type { Clock } from "../../clock.ts";

export type Lull = {
  /** A webhook has arrived. */
  readonly heard: () => void;
  /** Resolves when none has for a moment, or when that was waited for long enough. */
  readonly over: () => Promise<void>;
};

/** Longer than webhooks of one burst are apart, and shorter than anybody notices. */
const QUIET_MS = 20;
/** A stream of webhooks that never ends holds nothing up for longer. */
const MOST_MS = 250;

/**
 * Keeps work back while webhooks arrive: one thread answers and works, and the last of two hundred that come at once would wait for the
 * work of the first ones. GitHub hangs up after 10 s; a review takes seconds anyway.
 */
export function createLull(clock: Clock, { quietMs, mostMs } = { quietMs: QUIET_MS, mostMs: MOST_MS }): Lull {
  let last = Number.NEGATIVE_INFINITY;
  return {
    heard: () => {
      last = clock.now();
    },
    over: async () => {
      const end = clock.now() + mostMs;
      for (let now = clock.now(); now < Math.min(last + quietMs, end); now = clock.now()) {
        await clock.sleep(Math.min(last + quietMs, end) - now);
      }
    },
  };
}
