/** Consecutive failures that open a breaker. */
const FAILURES_TO_OPEN = 3;
/** An open breaker lets one call through this often, to see whether the other side is back. */
const TRY_EVERY_MS = 1_000;

/** Stops calling a peer that does not answer. `now` is any monotonic clock in milliseconds. */
export class Breaker {
  readonly #now: () => number;
  #failures = 0;
  #nextTryAt = 0;

  constructor(now: () => number) {
    this.#now = now;
  }

  get open(): boolean {
    return this.#failures >= FAILURES_TO_OPEN;
  }

  /** Whether a call may be made now; an open breaker answers yes once in a while and counts that as the try. */
  mayCall(): boolean {
    if (!this.open) return true;
    if (this.#now() < this.#nextTryAt) return false;
    this.#nextTryAt = this.#now() + TRY_EVERY_MS;
    return true;
  }

  note(succeeded: boolean): void {
    this.#failures = succeeded ? 0 : this.#failures + 1;
    if (this.#failures === FAILURES_TO_OPEN) this.#nextTryAt = this.#now() + TRY_EVERY_MS;
  }
}
