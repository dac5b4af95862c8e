// Throughput of one TCP stream. Units: bytes and seconds. Every bound names itself, and the smallest binds.

import { type Figure, figure, notPredictable, type OutOfDomain, outside, positive, seconds } from "./domain.ts";

export type Throughput = {
  readonly kind: "throughput";
  readonly bytesPerSecond: number;
  /** The regime: beyond the knee the window binds and throughput falls with 1/R, before it the link does and delay costs nothing. */
  readonly binding: "window" | "link";
};

/**
 * What one stream can carry: B = min(W / R, C), W > 0 and R > 0. RFC 6349 section 3.3 (bandwidth-delay product), RFC 9293. Steady
 * state; a stream that autotuning still lets grow is link-bound until its window is the largest that it may have.
 */
export function windowThroughput(
  windowBytes: number,
  rttSeconds: number,
  linkBytesPerSecond?: number,
): Throughput | OutOfDomain {
  const wrong = outside(
    positive("window", windowBytes),
    seconds("round trip", rttSeconds),
    ...(linkBytesPerSecond === undefined ? [] : [positive("link", linkBytesPerSecond)]),
  );
  const byWindow = wrong ?? figure(windowBytes / rttSeconds);
  if (typeof byWindow === "object") return byWindow;
  return linkBytesPerSecond === undefined || byWindow <= linkBytesPerSecond
    ? { kind: "throughput", bytesPerSecond: byWindow, binding: "window" }
    : { kind: "throughput", bytesPerSecond: linkBytesPerSecond, binding: "link" };
}

/** The round trip R* = W / C below which the link binds and added delay costs nothing, in seconds. */
export function kneeRttSeconds(windowBytes: number, linkBytesPerSecond: number): Figure {
  const wrong = outside(positive("window", windowBytes), positive("link", linkBytesPerSecond));
  return wrong ?? figure(windowBytes / linkBytesPerSecond);
}

/** The share that is lost, 0..1; nothing is lost of nothing. */
export function dropRatio(before: number, after: number): number {
  return before <= 0 ? 0 : Math.max(0, 1 - after / before);
}

/** Above this loss, timeouts rule and the square-root law does not hold (Padhye et al., SIGCOMM 1998). */
export const MATHIS_LARGEST_LOSS = 0.02;

/** Mathis' constant for periodic loss with every packet acknowledged, sqrt(3/2); the paper's table 1 has 0.87 and 1.31 as its ends. */
const MATHIS = { delayed: Math.sqrt(3 / 4), periodic: Math.sqrt(3 / 2), random: 1.31 } as const;

export type MathisRange = {
  readonly kind: "range";
  readonly value: number;
  readonly interval: readonly [number, number];
};

/**
 * Loss-bound throughput of a long Reno-like flow in bytes per second: B = MSS/R * C/sqrt(p) of Mathis, Semke, Mahdavi and Ott, CCR
 * 27(3), 1997. C is sqrt(3/2); the interval is from sqrt(3/4) (delayed acknowledgements) to 1.31 (random loss). `packetsPerEvent`
 * widens its upper end where a buffer of several segments is lost as one. Holds for 0 < p <= 0.02.
 */
export function mathisThroughput(
  mssBytes: number,
  rttSeconds: number,
  loss: number,
  packetsPerEvent = 1,
): MathisRange | OutOfDomain {
  const wrong = outside(
    { name: "segment", value: mssBytes, atLeast: 1, atMost: 65_495 },
    seconds("round trip", rttSeconds),
    { name: "loss", value: loss, above: 0, atMost: 1 },
    { name: "packets of one loss", value: packetsPerEvent, atLeast: 1, atMost: 64 },
  );
  if (wrong !== undefined) return wrong;
  if (loss > MATHIS_LARGEST_LOSS)
    return notPredictable("above a loss of 2 % timeouts rule and the square-root law does not hold; PFTK does");
  const at = (constant: number): number => ((mssBytes / rttSeconds) * constant) / Math.sqrt(loss);
  const ends = [at(MATHIS.delayed), at(MATHIS.random) * Math.sqrt(packetsPerEvent)] as const;
  return ends.every(Number.isFinite)
    ? { kind: "range", value: at(MATHIS.periodic), interval: ends }
    : notPredictable("the arguments are too far apart to calculate with");
}
