// What loss does to long streams and to single exchanges of a call.

import type { FaultedCall } from "./calls.ts";
import { streamLoss } from "./direction.ts";
import { estimateLoss, type LossModel } from "./estimate-loss.ts";
import { exchangeArrives } from "./exchanges.ts";
import type { PacketFault } from "./fault.ts";
import { lossOf, MSS_BYTES, rttOf, windowOf } from "./inputs.ts";
import { type Figures, silent } from "./predict-network.ts";
import type { Prediction } from "./prediction.ts";
import { bytesPerSecond, milliseconds, percentOf } from "./units.ts";

const NOTHING: Figures = { predictions: [], notPredictable: [] };

/** Loss-bound throughput of a long stream, and exchanges that must wait for a retransmission. */
export function predictLoss(subject: string, faulted: FaultedCall, fault: PacketFault): Figures {
  if (fault.loss === 0 || fault.partition) return NOTHING;
  const stream = longStream(subject, faulted, fault);
  return { ...stream, predictions: [...stream.predictions, ...exchanges(subject, faulted, fault)] };
}

/** The nodes' congestion control; where nobody told it, Linux's default. */
function modelOf({ tcp }: FaultedCall): LossModel {
  switch (tcp?.congestionControl) {
    case "bbr":
      return "bbr";
    case "reno":
      return "pftk";
    default:
      return "cubic";
  }
}

function longStream(subject: string, faulted: FaultedCall, fault: PacketFault): Figures {
  const [rtt, { input: window, interval: windows }] = [rttOf(faulted), windowOf(faulted)];
  const model = modelOf(faulted);
  const rttSeconds = (rtt.value + fault.delayMs) / 1000;
  const estimate = estimateLoss({
    model,
    mssBytes: MSS_BYTES.value,
    rttSeconds,
    loss: fault.loss,
    rtoSeconds: undefined,
    windowBytes: window.value,
    linkBytesPerSecond: faulted.call.linkBytesPerSecond,
  });
  if (estimate.kind === "not-predictable") return silent(subject, "loss-throughput", estimate.why);
  const value = estimate.value ?? 0;
  const [low, high] = estimate.interval ?? [value, value];
  const known = faulted.tcp !== undefined && faulted.tcp.congestionControl !== "mixed";
  const most = known ? high : Math.max(high, Math.min(windows[1] / rttSeconds, linkOf(faulted)));
  const prediction: Prediction = {
    id: "loss-throughput",
    subject,
    title: "Loss-bound throughput of a long stream",
    value,
    unit: "B/s",
    interval: [low, most],
    binding: estimate.binding,
    formula: "CUBIC: MSS/R x max(1.2/sqrt(p), 1.054 x (R/p)^0.75), from 1 % on no more than PFTK",
    source: `${estimate.source}${known ? "" : "; high end: BBR, min(C, W/R), because nobody told the congestion control"}`,
    inputs: [MSS_BYTES, rtt, window, lossOf(fault)],
    sentence: `${whose(fault)} settles between ${bytesPerSecond(low)} and ${bytesPerSecond(most)}${otherWay(fault)}`,
  };
  return { predictions: [prediction], notPredictable: [] };
}

function linkOf({ call }: FaultedCall): number {
  return call.linkBytesPerSecond ?? Number.POSITIVE_INFINITY;
}

/** The stream whose data meets the loss. */
function whose({ direction }: PacketFault): string {
  switch (direction) {
    case "to":
      return "a long stream that a victim sends";
    case "from":
      return "a long stream that a victim receives";
    case "both":
      return "a long stream";
  }
}

function otherWay({ direction, loss }: PacketFault): string {
  const other = streamLoss(loss, direction, direction === "to" ? "receives" : "sends");
  if (other.kind === "not-predictable" || other.data > 0) return "";
  return "; one the other way loses only acknowledgements, which is nearly free";
}

/** Requests and answers of one packet each: what is lost comes again after a retransmission timeout. */
function exchanges(subject: string, faulted: FaultedCall, fault: PacketFault): readonly Prediction[] {
  const back = fault.passes === 2 ? fault.loss : 0;
  const arrives = exchangeArrives(fault.loss, back);
  if (typeof arrives === "object") return [];
  const rtt = rttOf(faulted);
  const wait = milliseconds(200 + rtt.value + fault.delayMs);
  return [
    {
      id: "lost-exchanges",
      subject,
      title: "Calls that wait for a retransmission",
      value: 1 - arrives,
      baseline: 0,
      unit: "ratio",
      binding: "loss",
      formula: "1 - (1 - p forth) x (1 - p back), one packet each way",
      source: "RFC 6298 and Linux's least timeout of 200 ms beyond the round trip (TCP_RTO_MIN)",
      inputs: [lossOf(fault), rtt],
      sentence: `${percentOf(1 - arrives)} of calls with one packet each way wait at least ${wait} for a retransmission`,
    },
  ];
}
