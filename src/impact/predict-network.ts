import type { FaultedCall } from "./calls.ts";
import type { PacketFault } from "./fault.ts";
import { delayOf, jitterOf, MSS_BYTES, rttOf, windowOf } from "./inputs.ts";
import type { NotPredictable, Prediction } from "./prediction.ts";
import { dropRatio, mathisThroughput, windowThroughput } from "./tcp.ts";
import { bytes, bytesPerSecond, milliseconds, percentOf } from "./units.ts";

export type Figures = {
  readonly predictions: readonly Prediction[];
  readonly notPredictable: readonly NotPredictable[];
};

/** Latency added to a round trip on an open connection, and to a TCP handshake. */
export function predictLatency(subject: string, fault: PacketFault): readonly Prediction[] {
  if (fault.delayMs === 0) return [];
  const { delayMs, jitterMs } = fault;
  const common = {
    subject,
    value: delayMs,
    baseline: 0,
    unit: "ms",
    interval: [Math.max(0, delayMs - jitterMs), delayMs + jitterMs],
    binding: "delay",
    source: "tc-netem(8); net/sched/sch_netem.c, tabledist: jitter without a distribution is uniform",
    inputs: [delayOf(fault), jitterOf(fault)],
  } as const;
  const range = jitterMs === 0 ? "" : ` (${milliseconds(delayMs - jitterMs)} to ${milliseconds(delayMs + jitterMs)})`;
  return [
    {
      ...common,
      id: "added-latency",
      title: "Added latency per round trip",
      formula: "passes x delay",
      sentence: `every round trip takes ${milliseconds(delayMs)} longer${range}`,
    },
    {
      ...common,
      id: "connect-time",
      title: "Added TCP connect time",
      formula: "SYN and SYN-ACK pass the delay as often as a round trip does",
      sentence: `a new connection takes ${milliseconds(delayMs)} longer${range}`,
    },
  ];
}

/** Throughput of one stream before and under the fault, and what is lost of it. */
export function predictThroughput(subject: string, faulted: FaultedCall, fault: PacketFault): readonly Prediction[] {
  if (fault.delayMs === 0) return [];
  const [rtt, window] = [rttOf(faulted), windowOf(faulted)];
  const at = (addedMs: number) =>
    windowThroughput(window.value, (rtt.value + addedMs) / 1000, faulted.call.linkBytesPerSecond);
  const [before, after] = [at(0), at(fault.delayMs)];
  const drop = dropRatio(before.bytesPerSecond, after.bytesPerSecond);
  const common = {
    subject,
    binding: after.binding,
    source: "RFC 6349 section 3.3, RFC 9293: a stream carries at most one window per round trip",
    inputs: [window, rtt, delayOf(fault), jitterOf(fault)],
  } as const;
  const fall = `${bytesPerSecond(before.bytesPerSecond)} to ${bytesPerSecond(after.bytesPerSecond)}`;
  return [
    {
      ...common,
      id: "window-throughput",
      title: "Throughput of one TCP stream",
      value: after.bytesPerSecond,
      baseline: before.bytesPerSecond,
      unit: "B/s",
      interval: [
        at(fault.delayMs + fault.jitterMs).bytesPerSecond,
        at(Math.max(0, fault.delayMs - fault.jitterMs)).bytesPerSecond,
      ],
      formula: "min(W / R, C)",
      sentence: `one stream with a window of ${bytes(window.value)} falls from ${fall} (-${percentOf(drop)})`,
    },
    {
      ...common,
      id: "drop-ratio",
      title: "Throughput lost",
      value: drop,
      unit: "ratio",
      formula: "1 - after / before",
      sentence: `${percentOf(drop)} of one stream's throughput is lost`,
    },
  ];
}

/** Loss-bound throughput of a long stream, where the square-root law holds. */
export function predictLoss(subject: string, faulted: FaultedCall, fault: PacketFault): Figures {
  if (fault.loss === 0 || fault.partition) return { predictions: [], notPredictable: [] };
  const rtt = rttOf(faulted);
  const range = mathisThroughput(MSS_BYTES.value, (rtt.value + fault.delayMs) / 1000, fault.loss);
  if (range === undefined) {
    const why = `at ${percentOf(fault.loss)} loss, retransmission timeouts rule and the square-root law does not hold`;
    return { predictions: [], notPredictable: [{ id: "loss-throughput", subject, why }] };
  }
  const [low, high] = range;
  const prediction: Prediction = {
    id: "loss-throughput",
    subject,
    title: "Loss-bound throughput of a long stream",
    value: Math.sqrt(low * high),
    unit: "B/s",
    interval: range,
    binding: "loss",
    formula: "MSS/R x C/sqrt(p), C from 0.87 to 1.31; high end: one loss event per buffer of segments",
    source: "Mathis et al., CCR 27(3), 1997; Reno-like congestion control, long flows",
    inputs: [MSS_BYTES, rtt, { name: "loss", value: fault.loss, unit: "ratio", from: "manifest" }],
    sentence: `a long stream settles between ${bytesPerSecond(low)} and ${bytesPerSecond(high)}`,
  };
  return { predictions: [prediction], notPredictable: [] };
}
