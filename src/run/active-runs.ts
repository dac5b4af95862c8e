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
  /** Tells those of now, and whoever comes after. */
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
  let told: string | undefined;

  const tell = (inbox: Inbox, why: string) => inbox.put({ kind: "told-to-stop", why, at: clock.now() });

  /** A run that was being claimed when all were told to stop is told as well. */
  function inboxOf(runId: string): Inbox {
    const known = inboxes.get(runId);
    if (known !== undefined) return known;
    const inbox = createInbox();
    inboxes.set(runId, inbox);
    if (told !== undefined) tell(inbox, told);
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
      told = why;
      for (const inbox of inboxes.values()) tell(inbox, why);
    },
    async settled() {
      await Promise.all(works);
    },
    failed: failure.signal,
  };
}
