// Deadlines along a chain of calls. Units: seconds.

import { type OutOfDomain, outside, secondsOrNone, whole } from "./domain.ts";

export type Deadline = {
  readonly name: string;
  /** How long one attempt may take. */
  readonly timeoutSeconds: number;
  /** First attempt and retries together. */
  readonly attempts: number;
  /** All waits between attempts together. */
  readonly backoffSeconds: number;
};

/** A caller that gives up while the one below still tries: what that one does from then on is for nobody. */
export type Wasted = {
  readonly outer: string;
  readonly inner: string;
  readonly outerSeconds: number;
  /** The longest that the inner one may take: timeout * attempts + backoff. */
  readonly innerSeconds: number;
};

export type ChainVerdict = { readonly kind: "chain"; readonly wasted: readonly Wasted[] };

/**
 * Judges deadlines from the outermost to the innermost: each must outlast everything the next one does, timeout * attempts + backoff
 * (Google SRE book, chapter 22, deadline propagation). A caller without a deadline is left out: gRPC has none by default.
 */
export function judgeChain(chain: readonly Deadline[]): ChainVerdict | OutOfDomain {
  const wrong = outside(
    ...chain.flatMap(({ name, timeoutSeconds, attempts, backoffSeconds }) => [
      secondsOrNone(`timeout of ${name}`, timeoutSeconds),
      whole(`attempts of ${name}`, attempts, 1, 101),
      secondsOrNone(`backoff of ${name}`, backoffSeconds),
    ]),
  );
  return wrong ?? { kind: "chain", wasted: chain.flatMap(wastedBelow) };
}

function wastedBelow(outer: Deadline, index: number, chain: readonly Deadline[]): readonly Wasted[] {
  const inner = chain[index + 1];
  if (inner === undefined) return [];
  const innerSeconds = inner.timeoutSeconds * inner.attempts + inner.backoffSeconds;
  if (innerSeconds < outer.timeoutSeconds) return [];
  return [{ outer: outer.name, inner: inner.name, outerSeconds: outer.timeoutSeconds, innerSeconds }];
}
