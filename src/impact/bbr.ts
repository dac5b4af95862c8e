import { type OutOfDomain, outside, positive, seconds } from "./domain.ts";

export type BbrPath = {
  readonly version: 1 | 3;
  readonly linkBytesPerSecond: number;
  readonly maxWindowBytes: number;
  readonly rttSeconds: number;
  readonly loss: number;
};

/** Bytes per second, and which bound binds. */
export type BbrRange = {
  readonly kind: "range";
  readonly value: number;
  readonly low: number;
  readonly high: number;
  readonly binding: "link" | "window";
};

/** Where a version stops being blind to loss: 15 % for 1 (its kernel patch), 2 % for 2 and 3 (draft-ietf-ccwg-bbr, BBR.LossThresh). */
const LARGEST_LOSS = { 1: 0.15, 3: 0.02 } as const;

/** ProbeRTT takes 200 ms of every 10 s, and each probe for bandwidth drains what it queued; both together were measured up to 17 %. */
const PROBING = 0.2;

/** A shaped link lets its bucket pass beside its rate: up to 0.16 % over ten seconds were measured at a link of 10 MiB/s (docs/impact.md). */
const BUCKET = 0.002;

/**
 * What a long BBR flow carries: min(C * (1 - p), W / R), Cardwell et al., CACM 60(2), 2017. The interval reaches a fifth below it for
 * probing, and up to the link and its bucket where packets are lost before they reach it. Added delay costs nothing until the window binds.
 * Not predictable above the loss at which its version gives way.
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
  const value = Math.min(byLink, byWindow);
  const binding = byWindow < byLink ? "window" : "link";
  const high = Math.min(linkBytesPerSecond * (1 + BUCKET), byWindow);
  return { kind: "range", value, low: value * (1 - PROBING), high, binding };
}
