import type { Clock } from "../clock.ts";
import { AppError, messageOf } from "../errors.ts";
import { createInbox, type Inbox } from "./inbox.ts";
import type { Log } from "./ports.ts";

/** The runs that a runner is driving now. */
export type ActiveRuns = {
  /** The inbox of a run, made when it is first asked for. */
  inboxOf(runId: string): Inbox;
  /** Follows the work on some runs to its end, whatever that is. */
  track(runIds: readonly string[], work: Promise<unknown>): void;
  tellToStop(why: string): void;
  settled(): Promise<void>;
  /** Aborted when a run lost its journal: nobody may go on without one. */
  readonly failed: AbortSignal;
};

/** No runs yet. */
export function createActiveRuns(clock: Clock, log: Log): ActiveRuns {
  const inboxes = new Map<string, Inbox>();
  const works = new Set<Promise<void>>();
  const failure = new AbortController();

  function inboxOf(runId: string): Inbox {
    const inbox = inboxes.get(runId) ?? createInbox();
    inboxes.set(runId, inbox);
    return inbox;
  }

  function follow(runIds: readonly string[], work: Promise<unknown>): Promise<void> {
    return work
      .then(() => undefined)
      .catch((thrown: unknown) => {
        // Handled here for good: leases heal what a driver that died could not undo.
        log.error({ runs: runIds, why: messageOf(thrown) }, "run could not be driven to its end");
        if (thrown instanceof AppError && thrown.code === "JOURNAL_FAILED") failure.abort(thrown);
      });
  }

  return {
    inboxOf,
    track(runIds, work) {
      for (const runId of runIds) inboxOf(runId);
      const done = follow(runIds, work).then(() => {
        for (const runId of runIds) inboxes.delete(runId);
        works.delete(done);
      });
      works.add(done);
    },
    tellToStop(why) {
      for (const inbox of inboxes.values()) inbox.put({ kind: "told-to-stop", why, at: clock.now() });
    },
    async settled() {
      await Promise.all(works);
    },
    failed: failure.signal,
  };
}
