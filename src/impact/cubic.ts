// Average windows, in segments, that loss leaves to a long flow: Reno and CUBIC by RFC 9438 section 5, HighSpeed TCP by RFC 3649.
// Loss is a share of packets; no formula here knows timeouts, so above 1 % the bound of pftk.ts is the smaller one.

import { type Figure, figure, outside, seconds } from "./domain.ts";

/** CUBIC's C of RFC 9438 section 4.1: how fast the window grows back, in segments per cubic second. */
export const CUBIC_C = 0.4;
/** Reno's constant as RFC 9438 and RFC 3649 write it. */
const RENO = 1.2;

/** Average window of Reno: 1.2 / sqrt(p); valid for 0 < p <= 1. */
export function renoWindow(loss: number): Figure {
  return outside(lossOf(loss)) ?? figure(RENO / Math.sqrt(loss));
}

/** Average window of HighSpeed TCP (RFC 3649 section 5): 0.12 / p^0.835, and Reno's where that is larger. */
export function hstcpWindow(loss: number): Figure {
  return outside(lossOf(loss)) ?? figure(Math.max(RENO / Math.sqrt(loss), 0.12 / loss ** 0.835));
}

/** Average window of CUBIC: the larger of its own region, (C*3.7/1.2)^(1/4) * (R/p)^(3/4), and Reno's. */
export function cubicWindow(loss: number, rttSeconds: number, c = CUBIC_C): Figure {
  const wrong = outside(lossOf(loss), seconds("round trip", rttSeconds), { name: "C", value: c, above: 0 });
  return wrong ?? figure(Math.max(RENO / Math.sqrt(loss), cubicFactor(c) * (rttSeconds / loss) ** 0.75));
}

/** The round trip above which CUBIC's own region rules: throughput then falls with R^(-1/4) and no longer with 1/R. In seconds. */
export function cubicCrossoverSeconds(loss: number, c = CUBIC_C): Figure {
  const wrong = outside(lossOf(loss), { name: "C", value: c, above: 0 });
  return wrong ?? figure(loss ** (1 / 3) * (RENO / cubicFactor(c)) ** (4 / 3));
}

/** The loss at which Reno keeps a window of so many segments on average. */
export function renoLossFor(windowSegments: number): Figure {
  return outside(windowOf(windowSegments)) ?? figure((RENO / windowSegments) ** 2);
}

/** The loss at which HighSpeed TCP keeps a window of so many segments on average. */
export function hstcpLossFor(windowSegments: number): Figure {
  const wrong = outside(windowOf(windowSegments));
  return wrong ?? figure(Math.max((RENO / windowSegments) ** 2, (0.12 / windowSegments) ** (1 / 0.835)));
}

/** The loss at which CUBIC keeps a window of so many segments on average. */
export function cubicLossFor(windowSegments: number, rttSeconds: number, c = CUBIC_C): Figure {
  const wrong = outside(windowOf(windowSegments), seconds("round trip", rttSeconds), { name: "C", value: c, above: 0 });
  const own = rttSeconds * (cubicFactor(c) / windowSegments) ** (4 / 3);
  return wrong ?? figure(Math.max((RENO / windowSegments) ** 2, own));
}

function cubicFactor(c: number): number {
  return ((c * 3.7) / 1.2) ** 0.25;
}

function lossOf(value: number) {
  return { name: "loss", value, above: 0, atMost: 1 };
}

/** Below RENO segments the inverse would be a loss above 1. */
function windowOf(value: number) {
  return { name: "window", value, atLeast: RENO, atMost: Number.MAX_SAFE_INTEGER };
}
