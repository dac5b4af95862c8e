// How many segments Linux hands to a device in one buffer. netem and packet queues decide once for all of them, so a share p of lost
// buffers is p / n loss events a segment.

import { type Figure, figure, outside } from "./domain.ts";

/** A buffer of 64 KiB holds 44 segments of 1448 bytes. */
export const MOST_SEGMENTS = 44;

/**
 * Slow streams send few segments a buffer (at least two, tcp_min_tso_segs), and yet carry 2.35 times what one event a packet would
 * leave them: 3.27 Mbit/s at 100 ms and 1 % by the author of BBR's pacing (E. Dumazet, 2016). Six segments are that with room.
 */
export const FEWEST_SEGMENTS = 6;

/** Pacing in congestion avoidance is 120 % of cwnd / R, and a buffer holds what is sent in 2^-10 s (tcp_tso_autosize, net/ipv4/tcp_output.c). */
const PACED = 1.2 / 1024;

/** The most segments that one buffer of a stream of this speed holds, 6 to 44. */
export function segmentsPerBuffer(mssBytes: number, bytesPerSecond: number): Figure {
  const wrong = outside(
    { name: "segment", value: mssBytes, atLeast: 1, atMost: 65_495 },
    { name: "throughput", value: bytesPerSecond, atLeast: 0, atMost: Number.MAX_SAFE_INTEGER },
  );
  const paced = Math.ceil((bytesPerSecond * PACED) / mssBytes);
  return wrong ?? figure(Math.min(MOST_SEGMENTS, Math.max(FEWEST_SEGMENTS, paced)));
}
