import { type OutOfDomain, outside, positive, seconds } from "./domain.ts";

export type BbrPath = {
  readonly version: 1 | 3;
  readonly linkBytesPerSecond: number;
  readonly maxWindowBytes: number;
  readonly rttSeconds: number;
  readonly loss: number;
};

/** Bytes per second, and which bound the upper end has. */
export type BbrRange = {
  readonly kind: "range";
  readonly low: number;
  readonly high: number;
  readonly binding: "link" | "window";
};

/** Where a version stops being blind to loss: 15 % for 1 (its kernel patch), 2 % for 2 and 3 (draft-ietf-ccwg-bbr, BBR.LossThresh). */
const LARGEST_LOSS = { 1: 0.15, 3: 0.02 } as const;

/** Share of the time that ProbeRTT may cost: 200 ms of every 10 s (Cardwell et al., CACM 60(2), 2017). */
const PROBE_RTT = 0.02;

/**
 * What a long BBR flow carries: min(C * (1 - p), W / R), and 2 % less where every ProbeRTT is paid. Cardwell et al., CACM 60(2), 2017.
 * Added delay costs nothing until the window binds. Not predictable above the loss at which its version gives way.
 */
export function bbrThroughput(path: BbrPath): BbrRange | OutOfDomain {
  const { version, linkBytesPerSecond, maxWindowBytes, rttSeconds, loss } = path;
  const wrong = outside(
    seconds("round trip", rttSeconds),
    { name: "loss", value: loss, atLeast: 0, atMost: LARGEST_LOSS[version] },
    positive("link", linkBytesPerSecond),
    positive("window", maxWindowBytes),
  );
  if (wrong !== undefined) return wrong;
  const [byLink, byWindow] = [linkBytesPerSecond * (1 - loss), maxWindowBytes / rttSeconds];
  const high = Math.min(byLink, byWindow);
  return { kind: "range", low: high * (1 - PROBE_RTT), high, binding: byWindow < byLink ? "window" : "link" };
}
