// Threads, pools and when they are full. Units: seconds and requests per second.

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
export function heldSeconds({
  serviceSeconds,
  addedSeconds,
  fraction,
  timeoutSeconds = Number.POSITIVE_INFINITY,
}: Pool): number {
  const faulted = Math.min(serviceSeconds + addedSeconds, timeoutSeconds);
  return (1 - fraction) * serviceSeconds + fraction * faulted;
}

/** Slots in use on average: L = lambda * S (Little, Operations Research 9(3), 1961); for any distribution. */
export function threadsNeeded(pool: Pool): number {
  return pool.ratePerSecond * heldSeconds(pool);
}

/**
 * Seconds from injection until the pool is full, or undefined when it never is (lambda * S1 < N). The network form: replies already
 * on their way are delayed too, so t = (N - lambda*S0) / (lambda*f).
 */
export function secondsToSaturation(pool: Pool): number | undefined {
  const { size, ratePerSecond, serviceSeconds, fraction } = pool;
  if (ratePerSecond <= 0 || fraction <= 0 || threadsNeeded(pool) < size) return undefined;
  return Math.max(0, size - ratePerSecond * serviceSeconds) / (ratePerSecond * fraction);
}

/**
 * Share of calls that find every slot taken and are refused, 0..1: Erlang's B by its recurrence B0 = 1, Bk = a*B/(k + a*B);
 * insensitive to the distribution of service times. `offered` is lambda * S in erlangs.
 */
export function erlangB(slots: number, offered: number): number {
  let blocked = 1;
  for (let k = 1; k <= slots; k++) blocked = (offered * blocked) / (k + offered * blocked);
  return blocked;
}
