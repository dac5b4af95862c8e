// Throughput of one TCP stream. Units: bytes and seconds. Every bound names itself, and the smallest binds.

export type Throughput = { readonly bytesPerSecond: number; readonly binding: "window" | "link" };

/**
 * What one stream can carry: B = min(W / R, C). RFC 6349 section 3.3 (bandwidth-delay product), RFC 9293.
 * `rttSeconds` > 0; a window of 0 carries nothing.
 */
export function windowThroughput(
  windowBytes: number,
  rttSeconds: number,
  linkBytesPerSecond = Number.POSITIVE_INFINITY,
): Throughput {
  const byWindow = windowBytes / rttSeconds;
  return byWindow <= linkBytesPerSecond
    ? { bytesPerSecond: byWindow, binding: "window" }
    : { bytesPerSecond: linkBytesPerSecond, binding: "link" };
}

/** The round trip R* = W / C below which the link binds and added delay costs nothing, in seconds. */
export function kneeRttSeconds(windowBytes: number, linkBytesPerSecond: number): number {
  return windowBytes / linkBytesPerSecond;
}

/** The share that is lost, 0..1; nothing is lost of nothing. */
export function dropRatio(before: number, after: number): number {
  return before <= 0 ? 0 : 1 - after / before;
}

/** Above this loss, timeouts rule and the square-root law does not hold (Padhye et al., SIGCOMM 1998). */
export const MATHIS_LARGEST_LOSS = 0.02;

/** Segments in one packet buffer when the kernel sends 64 KiB at once (GSO): netem decides once for all of them. */
const SEGMENTS_PER_BUFFER = 44;

/**
 * Loss-bound throughput of a long Reno-like flow, [low, high] bytes per second: B = MSS/R * C/sqrt(p) of Mathis, Semke, Mahdavi and
 * Ott, CCR 27(3), 1997. Low: C = 0.87 (delayed acknowledgements), a loss event per segment. High: C = 1.31 (random loss, every
 * packet acknowledged), a loss event per buffer of segments. Undefined outside 0 < p <= 0.02, where it is not valid.
 */
export function mathisThroughput(
  mssBytes: number,
  rttSeconds: number,
  loss: number,
): readonly [low: number, high: number] | undefined {
  if (!(loss > 0 && loss <= MATHIS_LARGEST_LOSS)) return undefined;
  const perConstant = mssBytes / rttSeconds / Math.sqrt(loss);
  return [0.87 * perConstant, 1.31 * perConstant * Math.sqrt(SEGMENTS_PER_BUFFER)];
}
