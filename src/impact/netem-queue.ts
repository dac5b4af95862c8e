// What netem's queue does to a stream that it delays: it holds at most `limit` buffers, and drops what comes on top.
// tc-netem(8); net/sched/sch_netem.c, netem_enqueue. Units: bytes, seconds, packets.

import { type Figure, figure, outside, positive, seconds, whole } from "./domain.ts";

/** netem's queue where nobody sets one; Chaos Mesh sets none. */
export const NETEM_DEFAULT_LIMIT = 1000;

/** A queue with less headroom than this drops packets in bursts that it could carry on average. */
const HEADROOM = 1.5;

/** The most a delayed device passes, bytes per second: limit * bytes / d. A buffer is a packet, or up to 64 KiB with GSO. */
export function netemQueueCap(limitPackets: number, bytesPerPacket: number, delaySeconds: number): Figure {
  const wrong = outside(
    whole("queue limit", limitPackets, 1, 2 ** 32 - 1),
    { name: "packet", value: bytesPerPacket, atLeast: 1, atMost: 65_536 },
    seconds("delay", delaySeconds),
  );
  return wrong ?? figure((limitPackets * bytesPerPacket) / delaySeconds);
}

/** The queue limit that a delay needs so that it stays a delay and does not become loss: 1.5 * rate * d, whole packets. */
export function netemLimitNeeded(packetsPerSecond: number, delaySeconds: number): Figure {
  const wrong = outside(positive("packet rate", packetsPerSecond), seconds("delay", delaySeconds));
  return wrong ?? figure(Math.ceil(HEADROOM * packetsPerSecond * delaySeconds));
}
