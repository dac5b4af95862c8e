// What lost packets cost a single exchange: it waits for a timer, which doubles each time. Units: seconds, shares 0..1.

import { type Figure, figure, outside, seconds, secondsOrNone, share } from "./domain.ts";

/**
 * Mean wait of an exchange that loses with probability q for itself each time: RTO * q / (1 - 2q), the sum of q^k * RTO * 2^(k-1)
 * (RFC 6298 section 5.5). Holds below q = 0.5, from where on the mean has no end.
 */
export function meanRetransmissionWaitSeconds(loss: number, rtoSeconds: number): Figure {
  const wrong = outside({ name: "loss", value: loss, atLeast: 0, atMost: 0.45 }, seconds("timeout", rtoSeconds));
  return wrong ?? figure((rtoSeconds * loss) / (1 - 2 * loss));
}

/**
 * Share of exchanges that wait at least `roomSeconds`: k losses in a row wait RTO * (2^k - 1), so it is q^k with the first k that
 * waits long enough.
 */
export function waitsAtLeast(loss: number, rtoSeconds: number, roomSeconds: number): Figure {
  const wrong = outside(share("loss", loss), seconds("timeout", rtoSeconds), secondsOrNone("room", roomSeconds));
  if (wrong !== undefined) return wrong;
  // Half a part in a billion less, so that a room of exactly one timeout is met by one loss.
  const losses = Math.ceil(Math.log2(roomSeconds / rtoSeconds + 1) - 5e-10);
  return figure(loss ** Math.max(0, losses));
}
