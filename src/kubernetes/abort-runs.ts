// Ends runs by their ChaosRuns, and looks until they have ended: for people in a hurry, and for whoever uninstalls.

import type { Clock } from "../clock.ts";
import type { RunStore, StoredRun } from "./run-store.ts";

export type Abort = { readonly by: string; readonly reason: string };

export type Ended = {
  readonly name: string;
  /** Its end in a few words, or that there was none in time. */
  readonly state: string;
  readonly rollback?: string;
};

const EVERY_MS = 500;

/** Asks the named runs to end, or every one that goes on, and waits for them. Names that nobody has are answered as such. */
export async function abortRuns(
  store: RunStore,
  names: readonly string[] | undefined,
  abort: Abort,
  { clock, patienceMs }: { readonly clock: Clock; readonly patienceMs: number },
): Promise<readonly Ended[]> {
  const until = clock.now() + patienceMs;
  const asked: string[] = [];
  for (const name of names ?? (await store.names())) {
    const run = await store.get(name);
    if (names === undefined && (run === undefined || !isUnderWay(run))) continue;
    if (run !== undefined && isUnderWay(run)) await store.abort(name, abort);
    asked.push(name);
  }
  return Promise.all(asked.map((name) => waitFor(store, name, until, clock)));
}

/** Whether a run came to an end that left nothing behind. */
export function isClean({ rollback }: Ended): boolean {
  return rollback === "verified" || rollback === "not-needed";
}

/** A claim whose runner died before it began has nothing to undo, and ends when its ticket does. */
function isUnderWay({ status }: StoredRun): boolean {
  return status.phase !== "finished" && status.phase !== "claimed" && status.phase !== undefined;
}

async function waitFor(store: RunStore, name: string, until: number, clock: Clock): Promise<Ended> {
  for (;;) {
    const run = await store.get(name);
    if (run === undefined) return { name, state: "there is no such run" };
    const { phase, verdict, rollback } = run.status;
    if (!isUnderWay(run)) {
      const ended = typeof rollback === "string" ? rollback : "not-needed";
      return { name, state: `${String(verdict ?? "never began")}, rollback ${ended}`, rollback: ended };
    }
    if (clock.now() >= until) return { name, state: `still ${String(phase)}: is a runner there?` };
    await clock.sleep(EVERY_MS);
  }
}
