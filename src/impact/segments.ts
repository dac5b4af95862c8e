// How many segments Linux hands to a device in one buffer. netem and packet queues decide once for all of them, so a share p of lost
// buffers is p / n loss events a segment.

import { type Figure, figure, outside, seconds } from "./domain.ts";

/** A buffer of 64 KiB holds 44 segments of 1448 bytes. */
const MOST_SEGMENTS = 44;

/**
 * Slow streams send few segments a buffer (at least two, tcp_min_tso_segs), and yet one was seen to carry 2.35 times what an event a
 * packet would leave it: 3.27 Mbit/s at 100 ms and 1 % (E. Dumazet, 2016). Six segments are that with room.
 */
const SLOW_SEGMENTS = 6;

/** The least that explains what netem of Linux 6.1 let pass at 3 % (docs/impact.md, "Measured"). */
const FEWEST_SEGMENTS = 3;

/** Pacing in congestion avoidance is 120 % of cwnd / R, and a buffer holds what is sent in 2^-10 s (tcp_tso_autosize, net/ipv4/tcp_output.c). */
const PACED = 1.2 / 1024;

/**
 * The most segments that one buffer of a stream of this speed holds, 3 to 44: what pacing joins, at least six, and never more than
 * half a window, which is spread over two buffers or more.
 */
export function segmentsPerBuffer(mssBytes: number, bytesPerSecond: number, rttSeconds: number): Figure {
  const wrong = outside(
    { name: "segment", value: mssBytes, atLeast: 1, atMost: 65_495 },
    { name: "throughput", value: bytesPerSecond, atLeast: 0, atMost: Number.MAX_SAFE_INTEGER },
    seconds("round trip", rttSeconds),
  );
  if (wrong !== undefined) return wrong;
  const paced = Math.min(MOST_SEGMENTS, Math.max(SLOW_SEGMENTS, Math.ceil((bytesPerSecond * PACED) / mssBytes)));
  const halfWindow = (bytesPerSecond * rttSeconds) / mssBytes / 2;
  return figure(Math.max(FEWEST_SEGMENTS, Math.min(paced, halfWindow)));
}
