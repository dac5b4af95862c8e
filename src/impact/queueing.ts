// Threads and pools in the steady state. Units: seconds and requests per second. When a pool is full is saturation.ts' question.

import { type Figure, figure, outside, positive, secondsOrNone, share, whole } from "./domain.ts";

/** A pool that calls block in: `size` slots, each call held S0 and, under the fault, longer. */
export type Pool = {
  readonly size: number;
  readonly ratePerSecond: number;
  /** Time a call holds its slot without the fault, S0. */
  readonly serviceSeconds: number;
  /** How much longer a faulted call holds it: delay times sequential calls. */
  readonly addedSeconds: number;
  /** Share of calls that the fault touches, f in 0..1. */
  readonly fraction: number;
  /** A call gives its slot back after this at the latest. */
  readonly timeoutSeconds?: number;
};

/** Mean time a call holds its slot under the fault: S1 = S0 + f*d, a faulted call never longer than its timeout. */
export function heldSeconds(pool: Pool): Figure {
  const { serviceSeconds, addedSeconds, fraction, timeoutSeconds = Number.POSITIVE_INFINITY } = pool;
  const faulted = Math.min(serviceSeconds + addedSeconds, timeoutSeconds);
  return outsideOf(pool) ?? figure((1 - fraction) * serviceSeconds + fraction * faulted);
}

/** Slots in use on average: L = lambda * S (Little, Operations Research 9(3), 1961); for any distribution. */
export function threadsNeeded(pool: Pool): Figure {
  const held = heldSeconds(pool);
  return typeof held === "number" ? figure(pool.ratePerSecond * held) : held;
}

/**
 * Share of calls that find every slot taken and are refused, 0..1: Erlang's B by its recurrence B0 = 1, Bk = a*B/(k + a*B);
 * insensitive to the distribution of service times. `offered` is lambda * S in erlangs; up to a million slots.
 */
export function erlangB(slots: number, offered: number): Figure {
  const wrong = outside(whole("slots", slots, 0, 1e6), {
    name: "offered load",
    value: offered,
    atLeast: 0,
    atMost: Number.MAX_SAFE_INTEGER,
  });
  if (wrong !== undefined) return wrong;
  let blocked = 1;
  for (let k = 1; k <= slots; k++) blocked = (offered * blocked) / (k + offered * blocked);
  return figure(blocked);
}

function outsideOf({ size, ratePerSecond, serviceSeconds, addedSeconds, fraction, timeoutSeconds }: Pool) {
  return outside(
    whole("pool", size, 1, 1e6),
    positive("rate", ratePerSecond),
    secondsOrNone("service time", serviceSeconds),
    secondsOrNone("added time", addedSeconds),
    share("fraction", fraction),
    ...(timeoutSeconds === undefined ? [] : [positive("timeout", timeoutSeconds)]),
  );
}
