// What loss leaves of one long stream, by four models of congestion control. Units: bytes and seconds.

import { bbrThroughput } from "./bbr.ts";
import { cubicThroughput, RTO_MIN_SECONDS } from "./cubic-throughput.ts";
import { type Figure, isFigure, notPredictable, type OutOfDomain, outside, positive, seconds } from "./domain.ts";
import type { Answer, Estimate } from "./estimate.ts";
import { type LossyPath, pftk } from "./pftk.ts";
import { segmentsPerBuffer } from "./segments.ts";
import { mathisThroughput } from "./tcp.ts";
import { milliseconds } from "./units.ts";

export type LossModel = "mathis" | "pftk" | "cubic" | "bbr";

export type LossQuestion = {
  readonly model: LossModel;
  readonly mssBytes: number;
  /** Under the fault. */
  readonly rttSeconds: number;
  readonly loss: number;
  readonly rtoSeconds: number | undefined;
  readonly windowBytes: number | undefined;
  readonly linkBytesPerSecond: number | undefined;
};

type Modelled = Pick<Estimate, "source" | "warnings"> & {
  readonly value: Figure;
  readonly interval: readonly [low: Figure, high: Figure];
};

const GSO = "the high end holds where the kernel hands netem several segments at once (GSO), which are lost together";

/** Throughput of a long stream under loss, never more than window and link allow. */
export function estimateLoss(question: LossQuestion): Answer {
  const { mssBytes, rttSeconds, loss, windowBytes, linkBytesPerSecond } = question;
  const wrong = outside(
    { name: "segment", value: mssBytes, atLeast: 1, atMost: 65_495 },
    seconds("round trip", rttSeconds),
    { name: "loss", value: loss, above: 0, atMost: 1 },
    ...(windowBytes === undefined ? [] : [positive("window", windowBytes)]),
    ...(linkBytesPerSecond === undefined ? [] : [positive("link", linkBytesPerSecond)]),
  );
  if (wrong !== undefined) return wrong;
  return question.model === "bbr" ? bbr(question) : bounded(modelled(question.model, question), question);
}

function modelled(model: Exclude<LossModel, "bbr">, question: LossQuestion): Modelled | OutOfDomain {
  switch (model) {
    case "mathis":
      return mathis(question);
    case "pftk":
      return padhye(question);
    case "cubic":
      return cubic(question);
  }
}

function mathis({ mssBytes, rttSeconds, loss }: LossQuestion): Modelled | OutOfDomain {
  const single = mathisThroughput(mssBytes, rttSeconds, loss);
  if (single.kind === "not-predictable") return single;
  const segments = segmentsPerBuffer(mssBytes, single.value, rttSeconds);
  const joined = isFigure(segments) ? mathisThroughput(mssBytes, rttSeconds, loss, segments) : segments;
  if (joined.kind === "not-predictable") return joined;
  return {
    value: joined.value,
    interval: joined.interval,
    source: "Mathis et al., CCR 27(3), 1997: MSS/R * sqrt(3/2)/sqrt(p); low end 0.87 for delayed acknowledgements",
    warnings: [GSO],
  };
}

function padhye(question: LossQuestion): Modelled {
  const { mssBytes, rttSeconds, loss, rtoSeconds } = question;
  const rto = rtoSeconds ?? rttSeconds + RTO_MIN_SECONDS;
  const path: LossyPath = {
    rttSeconds,
    rtoSeconds: rto,
    loss,
    packetsPerAck: 2,
    maxWindowPackets: Number.POSITIVE_INFINITY,
  };
  const at = (change: Partial<LossyPath>): Figure => times(pftk({ ...path, ...change }), mssBytes);
  const assumed = `retransmission timeout not given: ${milliseconds(1000 * rto)}, the round trip and Linux's least 200 ms`;
  const value = at({});
  return {
    value,
    interval: [value, at({ packetsPerAck: 1, loss: eventsOf(value, question) })],
    source: `Padhye et al., SIGCOMM 1998, ${loss > 0.05 ? "full model" : "equation 30"}, two packets per acknowledgement`,
    warnings: [...(rtoSeconds === undefined ? [assumed] : []), GSO],
  };
}

function cubic(question: LossQuestion): Modelled {
  const { mssBytes, rttSeconds, loss } = question;
  const value = cubicThroughput(mssBytes, rttSeconds, loss);
  return {
    value,
    interval: [times(value, 0.87 / 1.2), cubicThroughput(mssBytes, rttSeconds, eventsOf(value, question))],
    source:
      "RFC 9438 section 5, from 1 % loss on capped by Padhye et al., SIGCOMM 1998; low end: delayed acknowledgements",
    warnings: [GSO],
  };
}

/** Loss events per segment where a stream of this speed loses whole buffers. */
function eventsOf(bytesPerSecond: Figure, { mssBytes, rttSeconds, loss }: LossQuestion): number {
  const segments = isFigure(bytesPerSecond) ? segmentsPerBuffer(mssBytes, bytesPerSecond, rttSeconds) : bytesPerSecond;
  return isFigure(segments) ? loss / segments : loss;
}

/** BBR has no figure without a link: loss is not what it obeys. */
function bbr({ rttSeconds, loss, windowBytes, linkBytesPerSecond }: LossQuestion): Answer {
  if (windowBytes === undefined || linkBytesPerSecond === undefined)
    return notPredictable("BBR follows the link and not the loss: it takes a link and a window to say more");
  const range = bbrThroughput({ version: 1, linkBytesPerSecond, maxWindowBytes: windowBytes, rttSeconds, loss });
  if (range.kind === "not-predictable") return range;
  return {
    kind: "estimate",
    value: range.value,
    unit: "B/s",
    interval: [range.low, range.high],
    binding: range.binding,
    source:
      "Cardwell et al., CACM 60(2), 2017: min(C * (1 - p), W/R); low end: a fifth less, as measured; high end: the link and its bucket, where loss comes before it",
    warnings: loss > 0.02 ? ["BBR 2 and 3 give way above a loss of 2 %: this holds for version 1"] : [],
    notes: [],
  };
}

function bounded(found: Modelled | OutOfDomain, { windowBytes, rttSeconds, linkBytesPerSecond }: LossQuestion): Answer {
  if ("kind" in found) return found;
  const { value, interval, source, warnings } = found;
  const [low, high] = interval;
  if (!isFigure(value)) return value;
  if (!isFigure(low)) return low;
  if (!isFigure(high)) return high;
  const byWindow = windowBytes === undefined ? Number.POSITIVE_INFINITY : windowBytes / rttSeconds;
  const byLink = linkBytesPerSecond ?? Number.POSITIVE_INFINITY;
  const cap = Math.min(byWindow, byLink);
  return {
    kind: "estimate",
    value: Math.min(value, cap),
    unit: "B/s",
    interval: [Math.min(low, cap), Math.min(high, cap)],
    binding: value <= cap ? "loss" : byWindow <= byLink ? "window" : "link",
    source,
    warnings,
    notes: [],
  };
}

function times(value: Figure, factor: number): Figure {
  return isFigure(value) ? value * factor : value;
}
