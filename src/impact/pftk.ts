// Loss-bound packets per second of a long Reno-like flow, timeouts included: Padhye, Firoiu, Towsley and Kurose, SIGCOMM 1998 and
// IEEE/ACM Transactions on Networking 8(2), 2000. Units: seconds and packets; a lost packet is a loss event.

import { type Figure, figure, outside, seconds } from "./domain.ts";

export type LossyPath = {
  readonly rttSeconds: number;
  /** Retransmission timeout T0; Linux waits for the round trip and at least 200 ms more (RFC 6298, TCP_RTO_MIN). */
  readonly rtoSeconds: number;
  /** Share of packets lost, 0..1. */
  readonly loss: number;
  /** b: 2 with delayed acknowledgements, 1 where every packet is acknowledged. */
  readonly packetsPerAck: 1 | 2;
  /** Largest window in packets; Infinity where no buffer binds. */
  readonly maxWindowPackets: number;
};

/** Beyond this loss the model was never compared with a trace. */
export const PFTK_LARGEST_LOSS = 0.2;

/** Above this loss the approximate form is pessimistic: 17 % at a loss of 0.1, 45 % at 0.2. */
const FULL_FORM_ABOVE = 0.05;

/** Packets per second by whichever form holds at this loss: the approximate one up to 5 %, the full one above. */
export function pftk(path: LossyPath): Figure {
  return path.loss > FULL_FORM_ABOVE ? pftkFull(path) : pftkApproximate(path);
}

/** Packets per second by equation 30 of the paper; valid for a loss of 0..0.2, where 0 leaves the window alone to bind. */
export function pftkApproximate(path: LossyPath): Figure {
  const { rttSeconds: r, rtoSeconds: t0, loss: p, packetsPerAck: b, maxWindowPackets } = path;
  const wrong = outsideOf(path);
  if (wrong !== undefined) return wrong;
  const timeouts = t0 * Math.min(1, 3 * Math.sqrt((3 * b * p) / 8)) * p * (1 + 32 * p ** 2);
  return figure(Math.min(maxWindowPackets / r, 1 / (r * Math.sqrt((2 * b * p) / 3) + timeouts)));
}

/** Packets per second by the full model of the paper; same domain as the approximate form. */
export function pftkFull(path: LossyPath): Figure {
  const { rttSeconds: r, rtoSeconds: t0, loss: p, packetsPerAck: b, maxWindowPackets: most } = path;
  const wrong = outsideOf(path);
  if (wrong !== undefined) return wrong;
  if (p === 0) return figure(most / r);
  const expected = expectedWindow(p, b);
  const window = Math.min(expected, most);
  const timeout = timeoutShare(p, window);
  const rounds = expected < most ? (b / 2) * expected + 1 : (b / 8) * most + (1 - p) / (p * most) + 2;
  const sent = (1 - p) / p + window + timeout / (1 - p);
  return figure(Math.min(most / r, sent / (r * rounds + (timeout * t0 * backoffs(p)) / (1 - p))));
}

function outsideOf({ rttSeconds, rtoSeconds, loss, maxWindowPackets }: LossyPath) {
  return outside(
    seconds("round trip", rttSeconds),
    seconds("retransmission timeout", rtoSeconds),
    { name: "loss", value: loss, atLeast: 0, atMost: PFTK_LARGEST_LOSS },
    { name: "window", value: maxWindowPackets, atLeast: 1 },
  );
}

/** E[W]: the window at a loss, had it no upper end. */
function expectedWindow(p: number, b: number): number {
  const start = (2 + b) / (3 * b);
  return start + Math.sqrt((8 * (1 - p)) / (3 * b * p) + start ** 2);
}

/** Q(w): how often a loss at window w is found by timeout, because fewer than three duplicates can come back. */
function timeoutShare(p: number, w: number): number {
  if (w <= 3) return 1;
  const three = (1 - p) ** 3;
  return Math.min(1, ((1 - three) * (1 + three * (1 - (1 - p) ** (w - 3)))) / (1 - (1 - p) ** w));
}

/** f(p): mean length of a sequence of timeouts in units of the first, which doubles up to 64 times. */
function backoffs(p: number): number {
  return 1 + p + 2 * p ** 2 + 4 * p ** 3 + 8 * p ** 4 + 16 * p ** 5 + 32 * p ** 6;
}
