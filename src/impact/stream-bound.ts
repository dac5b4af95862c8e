// The smallest of everything that bounds one long stream. Units: bytes and seconds; every bound keeps its name.

import { cubicThroughput } from "./cubic-throughput.ts";
import { isFigure, notPredictable, type OutOfDomain, outside, positive, seconds, share } from "./domain.ts";
import { NETEM_DEFAULT_LIMIT, netemQueueCap } from "./netem-queue.ts";

export type Stream = {
  readonly windowBytes: number;
  readonly mssBytes: number;
  /** Round trip without the fault, and what the fault adds to it. */
  readonly rttSeconds: number;
  readonly delaySeconds: number;
  /** Share of data packets lost; loss of acknowledgements alone is nearly free for a long stream. */
  readonly loss: number;
  readonly linkBytesPerSecond?: number;
};

export type StreamBounds = {
  readonly kind: "bounds";
  readonly bytesPerSecond: number;
  readonly binding: Bound["name"];
  readonly bounds: readonly Bound[];
};

export type Bound = { readonly name: "window" | "link" | "queue" | "loss"; readonly bytesPerSecond: number };

/** Bounds a CUBIC stream under a fault: window, link, netem's queue, and loss by CUBIC capped by PFTK from 1 % on. */
export function streamBounds(stream: Stream): StreamBounds | OutOfDomain {
  const { windowBytes, mssBytes, rttSeconds, delaySeconds, loss, linkBytesPerSecond } = stream;
  const wrong = outside(
    positive("window", windowBytes),
    { name: "segment", value: mssBytes, atLeast: 1, atMost: 65_495 },
    seconds("round trip", rttSeconds),
    { name: "delay", value: delaySeconds, atLeast: 0, atMost: 3600 },
    share("loss", loss),
    ...(linkBytesPerSecond === undefined ? [] : [positive("link", linkBytesPerSecond)]),
  );
  if (wrong !== undefined) return wrong;
  const byLoss = loss === 0 ? Number.POSITIVE_INFINITY : cubicThroughput(mssBytes, rttSeconds + delaySeconds, loss);
  if (!isFigure(byLoss)) return byLoss;
  const byQueue = delaySeconds === 0 ? undefined : netemQueueCap(NETEM_DEFAULT_LIMIT, mssBytes, delaySeconds);
  const bounds: readonly Bound[] = [
    { name: "window", bytesPerSecond: windowBytes / (rttSeconds + delaySeconds) },
    { name: "link", bytesPerSecond: linkBytesPerSecond ?? Number.POSITIVE_INFINITY },
    { name: "queue", bytesPerSecond: byQueue !== undefined && isFigure(byQueue) ? byQueue : Number.POSITIVE_INFINITY },
    { name: "loss", bytesPerSecond: byLoss },
  ];
  return smallestOf(bounds);
}

function smallestOf(bounds: readonly Bound[]): StreamBounds | OutOfDomain {
  const finite = bounds.filter(({ bytesPerSecond }) => Number.isFinite(bytesPerSecond));
  const [smallest] = finite.toSorted((a, b) => a.bytesPerSecond - b.bytesPerSecond);
  if (smallest === undefined) return notPredictable("nothing given bounds the stream");
  return { kind: "bounds", bytesPerSecond: smallest.bytesPerSecond, binding: smallest.name, bounds: finite };
}
