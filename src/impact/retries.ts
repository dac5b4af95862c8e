// What retries make of failures: calls per request, over layers, and where rate and failures settle. Rates are per second, shares 0..1.

import {
  type Figure,
  figure,
  notPredictable,
  type OutOfDomain,
  outside,
  positive,
  secondsOrNone,
  share,
  whole,
} from "./domain.ts";

/** No client retries more often; it also bounds the loops below. */
const MOST_RETRIES = 100;
const MOST_LAYERS = 20;

/** Attempts per call where each fails with p for itself, after up to r retries: A = 1 + p + ... + p^r = (1 - p^(r+1)) / (1 - p). */
export function expectedAttempts(failure: number, retries: number): Figure {
  return outside(share("failure", failure), whole("retries", retries, 0, MOST_RETRIES)) ?? attempts(failure, retries);
}

/** Calls at the lowest of L layers for one request where every layer sees p fail, and no attempt knows of another: A^L. */
export function layeredAttempts(failure: number, retries: number, layers: number): Figure {
  return outside(...layersOf(failure, retries, layers)) ?? figure(attempts(failure, retries) ** layers);
}

/** The same where only the lowest layer fails, so that each layer above sees what retries below did not mend: p, p^(r+1), ... */
export function mendedAttempts(failure: number, retries: number, layers: number): Figure {
  const wrong = outside(...layersOf(failure, retries, layers));
  if (wrong !== undefined) return wrong;
  let calls = 1;
  for (let layer = 0, seen = failure; layer < layers; layer++, seen **= retries + 1) calls *= attempts(seen, retries);
  return figure(calls);
}

/** The most calls that one request makes at the lowest layer: (1 + r)^L, 243 for three tries over five layers (AWS Builders' Library). */
export function worstAttempts(retries: number, layers: number): Figure {
  return outside(...layersOf(1, retries, layers)) ?? figure((1 + retries) ** layers);
}

/** Attempts per call under a retry budget of b retries per call on average: min(A, 1 + b). */
export function budgetedAttempts(failure: number, retries: number, budget: number): Figure {
  const wrong = outside(
    share("failure", failure),
    whole("retries", retries, 0, MOST_RETRIES),
    share("retry budget", budget),
  );
  return wrong ?? figure(Math.min(attempts(failure, retries), 1 + budget));
}

/** Mean wait before retry k (from 0) with full jitter, in seconds: min(cap, base * 2^k) / 2 (AWS Architecture Blog, 2015). */
export function meanBackoffSeconds(baseSeconds: number, capSeconds: number, retry: number): Figure {
  const wrong = outside(
    secondsOrNone("base", baseSeconds),
    secondsOrNone("cap", capSeconds),
    whole("retry", retry, 0, MOST_RETRIES),
  );
  return wrong ?? figure(Math.min(capSeconds, baseSeconds * 2 ** retry) / 2);
}

/** A rate at which retries reproduce themselves; an unstable one is the tipping point between two stable ones. */
export type Settling = { readonly ratePerSecond: number; readonly stable: boolean };

export type FixedPoint = {
  readonly kind: "fixed-point";
  readonly settlings: readonly Settling[];
  /** Two stable rates: after the fault ends the higher one may stay (Bronson et al., Metastable Failures, HotOS 2021). */
  readonly mayNotRecover: boolean;
};

const STEPS = 2000;
const HALVINGS = 60;

/**
 * Where offered rate and failures settle: x = lambda * A(p(x)) between lambda and lambda * (r + 1). `failureAt` gives the share of
 * attempts that fail at a rate, 0..1; two crossings closer than 1/2000 of the range are not told apart.
 */
export function retryFixedPoint(
  ratePerSecond: number,
  retries: number,
  failureAt: (ratePerSecond: number) => number,
): FixedPoint | OutOfDomain {
  const wrong = outside(positive("rate", ratePerSecond), whole("retries", retries, 0, MOST_RETRIES));
  if (wrong !== undefined) return wrong;
  const surplus = (x: number): number => ratePerSecond * attempts(failureAt(x), retries) - x;
  const grid = Array.from({ length: STEPS + 1 }, (_, step) => ratePerSecond * (1 + (retries * step) / STEPS));
  if (grid.some((x) => outside(share("failure", failureAt(x))) !== undefined))
    return notPredictable("the failures at some rate are no share of 0..1");
  const settlings = retries === 0 ? [{ ratePerSecond, stable: true }] : crossings(grid, surplus);
  return { kind: "fixed-point", settlings, mayNotRecover: settlings.filter(({ stable }) => stable).length > 1 };
}

/** The surplus is never negative at the low end and never positive at the high end, so the first and last crossings are stable. */
function crossings(grid: readonly number[], surplus: (x: number) => number): readonly Settling[] {
  return grid.flatMap((to, index) => {
    const from = grid[index - 1];
    if (from === undefined) return surplus(to) <= 0 ? [{ ratePerSecond: to, stable: true }] : [];
    const [before, after] = [surplus(from) > 0, surplus(to) > 0];
    return before === after ? [] : [{ ratePerSecond: bisect(from, to, surplus), stable: before }];
  });
}

function bisect(low: number, high: number, surplus: (x: number) => number): number {
  const rising = surplus(high) > 0;
  let [from, to] = [low, high];
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (from + to) / 2;
    if (surplus(middle) > 0 === rising) to = middle;
    else from = middle;
  }
  return (from + to) / 2;
}

function attempts(failure: number, retries: number): number {
  let [sum, power] = [1, 1];
  for (let retry = 0; retry < retries; retry++) {
    power *= failure;
    sum += power;
  }
  return sum;
}

function layersOf(failure: number, retries: number, layers: number) {
  return [
    share("failure", failure),
    whole("retries", retries, 0, MOST_RETRIES),
    whole("layers", layers, 1, MOST_LAYERS),
  ];
}
