export type Bound = { readonly bytesPerSecond: number; readonly binding: "window" | "link" };

/**
 * The most that one TCP stream can carry: a window per round trip, and never more than the link (RFC 6349, section 3.3). Holds in
 * the steady state, and where the window is the limit; the knee is at a round trip of window / link.
 */
export function windowBound(windowBytes: number, rttMs: number, linkBytesPerSecond = Number.POSITIVE_INFINITY): Bound {
  const byWindow = windowBytes / (rttMs / 1000);
  return byWindow <= linkBytesPerSecond
    ? { bytesPerSecond: byWindow, binding: "window" }
    : { bytesPerSecond: linkBytesPerSecond, binding: "link" };
}

/** Which share of the throughput is gone: 1 - after / before. */
export function dropRatio(before: number, after: number): number {
  return before === 0 ? 0 : 1 - after / before;
}

/** Payload of a full segment: 1500 less 40 of headers and 12 of timestamps. */
export const SEGMENT_BYTES = 1448;

/** Segments in one packet buffer when the kernel sends 64 KiB at once (GSO): netem decides once for all of them. */
const SEGMENTS_PER_BUFFER = 44;

export type LossBound = { readonly expected: number; readonly low: number; readonly high: number };

/**
 * Throughput of a long stream under random loss, in bytes per second: (MSS / R) * C / sqrt(p) of Mathis, Semke, Mahdavi and Ott,
 * "The macroscopic behavior of the TCP congestion avoidance algorithm" (1997). C is 1.2 for Linux, which counts bytes
 * acknowledged (RFC 9438, section 5, uses the same), and 0.87 with delayed acknowledgements, the low end. The high end takes a
 * loss event for each buffer of segments instead of each segment. Not valid for BBR, nor above some 2 % of loss, where
 * retransmission timeouts rule and the low end is 0.
 */
export function lossBound(lossShare: number, rttMs: number): LossBound {
  const perWindow = SEGMENT_BYTES / (rttMs / 1000);
  const expected = (perWindow * 1.2) / Math.sqrt(lossShare);
  const low = lossShare > 0.02 ? 0 : (perWindow * 0.87) / Math.sqrt(lossShare);
  return { expected, low, high: expected * Math.sqrt(SEGMENTS_PER_BUFFER) };
}
