/** Little's law (1961): how many are inside, for any distribution, while the system is stable. */
export function inside(ratePerSecond: number, stayMs: number): number {
  return (ratePerSecond * stayMs) / 1000;
}

export type Pool = {
  readonly size: number;
  readonly ratePerSecond: number;
  /** How long a request holds a thread without the fault. */
  readonly usualMs: number;
  /** Share of the requests that meet the fault. */
  readonly faulted: number;
};

/**
 * Seconds from injection until the last thread is taken: (N - lambda * S0) / (lambda * f). Exact while no faulted request has come
 * back yet, that is up to the added delay; after that it is the earliest moment. 0 when the pool is full already.
 */
export function secondsToSaturation({ size, ratePerSecond, usualMs, faulted }: Pool): number {
  const free = size - inside(ratePerSecond, usualMs);
  return Math.max(0, free) / (ratePerSecond * faulted);
}

/** Share of requests that meet a fault in at least one of `calls` independent calls. */
export function meetsAny(share: number, calls: number): number {
  return 1 - (1 - share) ** calls;
}
