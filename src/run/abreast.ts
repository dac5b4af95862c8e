// Many are asked beside each other, but never all: a call's timeout begins when it is sent, and of a thousand handshakes at once most
// would wait for a processor until it is over.

import type { Clock } from "../clock.ts";
import { AppError } from "../errors.ts";

/** Calls to daemons that one run has under way at most. */
export const MOST_ABREAST = 128;

const MOST_TRIES = 4;
const FIRST_PAUSE_MS = 100;

/**
 * Works on every item, so many at a time, and answers in their order. After a rejection nothing more is begun, and it rejects when what
 * was under way has ended: nobody works on behind the back of whoever goes on.
 */
export async function abreast<T, R>(
  items: readonly T[],
  work: (item: T) => Promise<R>,
  most = MOST_ABREAST,
): Promise<readonly R[]> {
  const answers: R[] = [];
  const left = items.entries();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const [place, item] of left) {
      if (failed) return;
      try {
        answers[place] = await work(item);
      } catch (thrown) {
        failed = true;
        throw thrown;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: Math.min(most, items.length) }, worker));
  for (const one of workers) if (one.status === "rejected") throw one.reason;
  return answers;
}

/**
 * Asks a daemon again that did not answer, for as long as another try begins before `latest`, four times in all. Silence costs a call's
 * whole time, so one from which nothing came at all is asked a second time, and from then on only before `until`. Only for what may be
 * asked twice. Among a thousand nodes there is always one that is busy; one that is gone stays silent, or refuses connections for longer
 * than this. A runner that is busy itself hears late of what failed at once, which is nobody's silence.
 */
export async function askAgain<T>(
  work: () => Promise<T>,
  clock: Clock,
  until: number,
  latest: number = until,
): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await work();
    } catch (thrown) {
      const pauseMs = FIRST_PAUSE_MS * 2 ** (tries - 1);
      const isOver = clock.now() + pauseMs > (tries === 1 || wasHeard(thrown) ? latest : until);
      if (!isUnanswered(thrown) || tries === MOST_TRIES || isOver) throw thrown;
      await clock.sleep(pauseMs);
    }
  }
}

/** True where something came of a call before its time was over, be it a refused connection. */
function wasHeard(thrown: unknown): boolean {
  return thrown instanceof AppError && thrown.facts.heard === true;
}

/** True where nobody answered: whether it was done is not known. */
export function isUnanswered(thrown: unknown): boolean {
  return thrown instanceof AppError && thrown.code === "DAEMON_UNREACHABLE";
}
