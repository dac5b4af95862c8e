// How soon a guard sees a breach, what that costs, and how much traffic it needs. Units: seconds, requests per second, shares 0..1.

import {
  type Figure,
  figure,
  notPredictable,
  type OutOfDomain,
  outside,
  positive,
  seconds,
  secondsOrNone,
  share,
} from "./domain.ts";

export type Guard = {
  /** w of `rate(...[w])`. */
  readonly windowSeconds: number;
  /** h: the share of errors above which the guard aborts. */
  readonly threshold: number;
  readonly scrapeSeconds: number;
  readonly pollSeconds: number;
};

/** Detection happens between two moments after the errors begin, or never. */
export type Detection =
  | { readonly kind: "detected"; readonly earliestSeconds: number; readonly latestSeconds: number }
  | { readonly kind: "never" };

/**
 * When a step of the error share from 0 to e is seen: the share over a window rises as t * e / w and crosses h at w * h / e; the next
 * scrape and the next poll come on top. e at or below h is never seen.
 */
export function detection(
  { windowSeconds, threshold, scrapeSeconds, pollSeconds }: Guard,
  errors: number,
): Detection | OutOfDomain {
  const wrong = outside(
    seconds("window", windowSeconds),
    share("threshold", threshold),
    share("errors", errors),
    secondsOrNone("scrape interval", scrapeSeconds),
    secondsOrNone("poll interval", pollSeconds),
  );
  if (wrong !== undefined) return wrong;
  if (errors <= threshold) return { kind: "never" };
  const crosses = (windowSeconds * threshold) / errors;
  return { kind: "detected", earliestSeconds: crosses, latestSeconds: crosses + scrapeSeconds + pollSeconds };
}

/** Requests that a fault costs at the most: lambda * e * (detection + undo). */
export function damagedRequests(
  ratePerSecond: number,
  errors: number,
  detectionSeconds: number,
  undoSeconds: number,
): Figure {
  const wrong = outside(
    positive("rate", ratePerSecond),
    share("errors", errors),
    secondsOrNone("detection", detectionSeconds),
    secondsOrNone("undo", undoSeconds),
  );
  return wrong ?? figure(ratePerSecond * errors * (detectionSeconds + undoSeconds));
}

/** Share of an error budget that damaged requests spend: damage / (lambda * period * (1 - SLO)); above 1 it is overspent. */
export function budgetShare(damaged: number, ratePerSecond: number, periodSeconds: number, objective: number): Figure {
  const wrong = outside(
    { name: "damage", value: damaged, atLeast: 0, atMost: Number.MAX_SAFE_INTEGER },
    positive("rate", ratePerSecond),
    { name: "period", value: periodSeconds, above: 0, atMost: 366 * 86_400 },
    share("objective", objective),
  );
  if (wrong !== undefined) return wrong;
  if (objective === 1) return notPredictable("an objective of 100 % has no error budget");
  return figure(damaged / (ratePerSecond * periodSeconds * (1 - objective)));
}

/** Quantiles of the normal distribution: 0.95 (one-sided alpha of 5 %) and 0.90 (power of 90 %). */
const Z_ALPHA = 1.645;
const Z_POWER = 1.282;

/**
 * Requests needed to tell an error share p1 from the usual p0, with a power of 90 % at a one-sided 5 %:
 * ((1.645 * sqrt(p0 q0) + 1.282 * sqrt(p1 q1)) / (p1 - p0))^2 (NIST/SEMATECH e-Handbook, 7.2.4.2).
 */
export function requestsToTell(usual: number, raised: number): Figure {
  const wrong = outside(share("usual errors", usual), {
    name: "raised errors",
    value: raised,
    above: usual,
    atMost: 1,
  });
  if (wrong !== undefined) return wrong;
  const spread = Z_ALPHA * Math.sqrt(usual * (1 - usual)) + Z_POWER * Math.sqrt(raised * (1 - raised));
  return figure(Math.ceil((spread / (raised - usual)) ** 2));
}
