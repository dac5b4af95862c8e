// What a delay does to one stream, and how long a transfer takes. Units: bytes and seconds.

import { FIRST_WINDOW_BYTES } from "./autotuning.ts";
import { isFigure, outside, positive, seconds, secondsOrNone } from "./domain.ts";
import type { Answer } from "./estimate.ts";
import { NETEM_DEFAULT_LIMIT, netemLimitNeeded, netemQueueCap } from "./netem-queue.ts";
import { HANDSHAKE_ROUNDS, slowStartRounds, type Transfer, transferSeconds } from "./short-flow.ts";
import { dropRatio, windowThroughput } from "./tcp.ts";
import { bytesPerSecond, milliseconds, percentOf } from "./units.ts";

export type WindowQuestion = {
  readonly windowBytes: number;
  readonly rttSeconds: number;
  readonly delaySeconds: number;
  readonly linkBytesPerSecond: number | undefined;
};

/** A delay beyond this makes Linux send again what was not lost, once, when the fault begins; beyond the next also a SYN. */
const SPURIOUS_TIMEOUT_SECONDS = 0.2;
const SYN_RETRY_SECONDS = 1;

/** Segment that netem's queue is counted in. */
const SEGMENT_BYTES = 1448;

/** Throughput of one stream under an added delay: min(W / (R + d), C). */
export function estimateWindow({
  windowBytes,
  rttSeconds,
  delaySeconds,
  linkBytesPerSecond: link,
}: WindowQuestion): Answer {
  const wrong = outside(
    positive("window", windowBytes),
    seconds("round trip", rttSeconds),
    secondsOrNone("delay", delaySeconds),
    ...(link === undefined ? [] : [positive("link", link)]),
  );
  if (wrong !== undefined) return wrong;
  const usual = windowThroughput(windowBytes, rttSeconds, link);
  const after = windowThroughput(windowBytes, rttSeconds + delaySeconds, link);
  if (usual.kind === "not-predictable") return usual;
  if (after.kind === "not-predictable") return after;
  const before = usual.bytesPerSecond;
  const lost = percentOf(dropRatio(before, after.bytesPerSecond));
  return {
    kind: "estimate",
    value: after.bytesPerSecond,
    unit: "B/s",
    interval: null,
    binding: after.binding,
    source: "RFC 6349 section 3.3, RFC 9293: a stream carries at most one window per round trip",
    warnings: [...delayWarnings(delaySeconds), ...queueWarnings(after.bytesPerSecond, delaySeconds)],
    notes: [
      ...(delaySeconds === 0 ? [] : [`without the delay ${bytesPerSecond(before)}; ${lost} of it is lost`]),
      ...(link === undefined ? [] : [`the link binds up to a round trip of ${inWords(windowBytes / link)}`]),
    ],
  };
}

/** Seconds until a transfer over a new connection is there, and what the delay adds. */
export function estimateTransfer(transfer: Transfer, delaySeconds: number): Answer {
  const delayed = { ...transfer, rttSeconds: transfer.rttSeconds + delaySeconds };
  const [usual, rounds] = [transferSeconds(transfer), slowStartRounds(transfer.bytes, transfer)];
  const [quick, slow] = [transferSeconds({ ...delayed, factor: 2 }), transferSeconds({ ...delayed, factor: 1.5 })];
  const wrong = outside(secondsOrNone("delay", delaySeconds));
  if (wrong !== undefined) return wrong;
  for (const each of [usual, rounds, quick, slow]) if (!isFigure(each)) return each;
  const trails = trailsIn(transfer);
  const [least, value] = [Number(quick), Number(quick) + trails.usual * delayed.rttSeconds];
  const high = Math.max(Number(slow), least + trails.most * delayed.rttSeconds);
  const waits = delayed.rttSeconds * (HANDSHAKE_ROUNDS[transfer.handshake] + Number(rounds) + trails.usual);
  return {
    kind: "estimate",
    value,
    unit: "s",
    interval: [least, high],
    binding: waits >= value - waits ? "round-trips" : "link-and-server",
    source:
      "RFC 5681 section 3.1, RFC 6928 (first window of 10 segments), RFC 8446; high end: delayed acknowledgements, RFC 3465, or a receive window that trails",
    warnings: delayWarnings(delaySeconds),
    notes: [
      `${HANDSHAKE_ROUNDS[transfer.handshake]} round trips of handshake and ${rounds} of slow start`,
      ...(trails.usual === 0
        ? []
        : ["half a round trip for a receive window that makes every other transfer wait for one"]),
      ...(delaySeconds === 0 ? [] : [`without the delay ${inWords(Number(usual))}`]),
    ],
  };
}

/** Round trips that wait for the receiver's window: none or one, so the middle is wrong by half a round trip at most. */
function trailsIn({ bytes, receiver = "unknown" }: Transfer): { readonly usual: number; readonly most: number } {
  if (bytes <= FIRST_WINDOW_BYTES || receiver === "keeps-up") return { usual: 0, most: 0 };
  return { usual: receiver === "may-trail" ? 0.5 : 0, most: 1 };
}

function delayWarnings(delaySeconds: number): readonly string[] {
  const delay = inWords(delaySeconds);
  return [
    ...(delaySeconds > SPURIOUS_TIMEOUT_SECONDS
      ? [
          `a step of ${delay} makes open connections send again once what was not lost: Linux waits 200 ms beyond the round trip`,
        ]
      : []),
    ...(delaySeconds > SYN_RETRY_SECONDS
      ? [`a delay of ${delay} makes new connections repeat their SYN after 1 s (RFC 6298)`]
      : []),
  ];
}

function queueWarnings(offered: number, delaySeconds: number): readonly string[] {
  if (delaySeconds === 0) return [];
  const cap = netemQueueCap(NETEM_DEFAULT_LIMIT, SEGMENT_BYTES, delaySeconds);
  const needed = netemLimitNeeded(offered / SEGMENT_BYTES, delaySeconds);
  if (!isFigure(cap) || !isFigure(needed) || offered <= cap) return [];
  return [
    `netem's default queue of ${NETEM_DEFAULT_LIMIT} packets passes ${bytesPerSecond(cap)} of single segments and drops the rest; a limit of ${needed} would not`,
  ];
}

function inWords(value: number): string {
  return milliseconds(value * 1000);
}
