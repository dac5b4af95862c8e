import type { Clock } from "../../clock.ts";
import { messageOf } from "../../errors.ts";
import type { RunStore } from "../../kubernetes/run-store.ts";
import type { Log } from "../../run/ports.ts";

const EVERY_MS = 10 * 60_000;

/** Lets go of deleted runs whose tickets have ended, from time to time, until `signal` aborts. */
export function keepRetiring(store: RunStore, { clock, log }: { clock: Clock; log: Log }, signal: AbortSignal): void {
  void (async () => {
    while (!signal.aborted) {
      try {
        for (const run of await store.retire(clock.now())) log.info({ run }, "claim of a deleted run let go");
      } catch (thrown) {
        // Housekeeping: what stays is tried again.
        log.error({ why: messageOf(thrown) }, "deleted runs could not be let go");
      }
      await clock.sleep(EVERY_MS, signal);
    }
  })();
}
