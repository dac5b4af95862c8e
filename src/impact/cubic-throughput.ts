import { cubicWindow } from "./cubic.ts";
import { type Figure, figure, isFigure, outside } from "./domain.ts";
import { pftk } from "./pftk.ts";

/** Linux waits at least this long beyond the round trip before it sends again (RFC 6298; TCP_RTO_MIN in include/net/tcp.h). */
export const RTO_MIN_SECONDS = 0.2;

/** From this loss on, timeouts matter, which the response function does not know. */
const TIMEOUTS_FROM = 0.01;

/**
 * Bytes per second of a long CUBIC flow under random loss: W * MSS / R with RFC 9438's window, from 1 % on no more than PFTK allows.
 * A loss event is a packet; where netem drops buffers of many segments, events are rarer and this is a lower bound.
 */
export function cubicThroughput(mssBytes: number, rttSeconds: number, loss: number): Figure {
  const wrong = outside({ name: "segment", value: mssBytes, atLeast: 1, atMost: 65_495 });
  const window = wrong ?? cubicWindow(loss, rttSeconds);
  if (!isFigure(window)) return window;
  const timeouts = loss < TIMEOUTS_FROM ? Number.POSITIVE_INFINITY : withTimeouts(rttSeconds, loss);
  return isFigure(timeouts) ? figure(mssBytes * Math.min(window / rttSeconds, timeouts)) : timeouts;
}

/** Packets per second by PFTK: Linux counts acknowledged bytes, which is one packet per acknowledgement for the model. */
function withTimeouts(rttSeconds: number, loss: number): Figure {
  const rtoSeconds = rttSeconds + RTO_MIN_SECONDS;
  return pftk({ rttSeconds, rtoSeconds, loss, packetsPerAck: 1, maxWindowPackets: Number.POSITIVE_INFINITY });
}
