import type { FaultedCall } from "./calls.ts";
import type { PacketFault } from "./fault.ts";
import { delayOf, jitterOf, rttOf, windowOf } from "./inputs.ts";
import type { Input, NotPredictable, Prediction } from "./prediction.ts";
import { dropRatio, kneeRttSeconds, windowThroughput } from "./tcp.ts";
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
export function predictThroughput(subject: string, faulted: FaultedCall, fault: PacketFault): Figures {
  if (fault.delayMs === 0) return { predictions: [], notPredictable: [] };
  const [rtt, { input: window, interval }] = [rttOf(faulted), windowOf(faulted)];
  const link = faulted.call.linkBytesPerSecond;
  const at = (addedMs: number, windowBytes = window.value) =>
    windowThroughput(windowBytes, (rtt.value + addedMs) / 1000, link);
  const [before, after] = [at(0), at(fault.delayMs)];
  const [low, high] = [
    at(fault.delayMs + fault.jitterMs, interval[0]),
    at(Math.max(0, fault.delayMs - fault.jitterMs), interval[1]),
  ];
  for (const each of [before, after, low, high])
    if (each.kind === "not-predictable") return silent(subject, "window-throughput", each.why);
  const [usual, now, least, most] = [before, after, low, high].map((each) =>
    "bytesPerSecond" in each ? each.bytesPerSecond : 0,
  ) as [number, number, number, number];
  const stream: Stream = { window, usual, now, binding: "binding" in after ? after.binding : "window" };
  const common = {
    subject,
    binding: stream.binding,
    source: "RFC 6349 section 3.3, RFC 9293: a stream carries at most one window per round trip",
    inputs: [window, rtt, delayOf(fault), jitterOf(fault)],
  } as const;
  const throughput: Prediction = {
    ...common,
    id: "window-throughput",
    title: "Throughput of one TCP stream",
    value: now,
    unit: "B/s",
    interval: [least, most],
    formula: "min(W / R, C)",
    sentence: throughputSentence(stream, link),
  };
  // What a stream carried that neither a window nor a link of the settings bounds, nobody knows.
  if (window.from !== "settings" && link === undefined) return { predictions: [throughput], notPredictable: [] };
  const drop: Prediction = {
    ...common,
    id: "drop-ratio",
    title: "Throughput lost",
    value: dropRatio(usual, now),
    unit: "ratio",
    formula: "1 - after / before",
    sentence: `${percentOf(dropRatio(usual, now))} of one stream's throughput is lost`,
  };
  return { predictions: [{ ...throughput, baseline: usual }, drop], notPredictable: [] };
}

type Stream = {
  readonly window: Input;
  readonly usual: number;
  readonly now: number;
  readonly binding: "window" | "link";
};

/** Which of the two regimes the stream is in, and what that costs. */
function throughputSentence({ window, usual, now, binding }: Stream, link: number | undefined): string {
  const stream = `one stream with a window of ${bytes(Math.round(window.value))}`;
  if (link === undefined && window.from !== "settings")
    return `${stream}, as far as autotuning lets it grow, carries at most ${bytesPerSecond(now)}; one that was slower before is not slowed`;
  if (binding === "link")
    return `${stream} keeps ${bytesPerSecond(now)}: the link binds up to a round trip of ${knee(window.value, link)}`;
  return `${stream} falls from ${bytesPerSecond(usual)} to ${bytesPerSecond(now)} (-${percentOf(dropRatio(usual, now))})`;
}

/** One figure that cannot be given. */
export function silent(subject: string, id: NotPredictable["id"], why: string): Figures {
  return { predictions: [], notPredictable: [{ id, subject, why }] };
}

function knee(windowBytes: number, linkBytesPerSecond = Number.POSITIVE_INFINITY): string {
  const seconds = kneeRttSeconds(windowBytes, linkBytesPerSecond);
  return typeof seconds === "number" ? milliseconds(1000 * seconds) : "any length";
}
