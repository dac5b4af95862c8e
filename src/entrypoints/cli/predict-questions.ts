// The questions of chaosgate predict: which flags each takes, and which estimate answers it.

import type { Answer } from "../../impact/estimate.ts";
import { estimateLoss } from "../../impact/estimate-loss.ts";
import { estimateErlang, estimatePool, estimateRetries } from "../../impact/estimate-pool.ts";
import { estimateTransfer, estimateWindow } from "../../impact/estimate-stream.ts";
import { type Handshake, receiverOf } from "../../impact/short-flow.ts";
import {
  choice,
  type Flags,
  type Given,
  optional,
  otherwise,
  QUANTITY,
  readFlags,
  release,
  required,
  toggle,
  type ValuesOf,
} from "./predict-flags.ts";

export type Question = {
  readonly about: string;
  readonly flags: Flags;
  readonly ask: (words: readonly string[]) => Given<Flags> & { readonly answer: Answer };
};

const { bytes, seconds, rate, link, share, count } = QUANTITY;

/** What --tls means for a connection: none is TCP alone, open a connection that is there already. */
const HANDSHAKES: Readonly<Record<"1.3" | "1.2" | "none" | "open", Handshake>> = {
  "1.3": "tls1.3",
  "1.2": "tls1.2",
  none: "tcp",
  open: "open",
};

/** Every question by its name. */
export const QUESTIONS: Readonly<Record<string, Question>> = {
  window: question(
    "throughput of one TCP stream under an added delay",
    { window: required(bytes), rtt: required(seconds), delay: otherwise("0s", seconds), link: optional(link) },
    ({ window, rtt, delay, link: linkBytesPerSecond }) =>
      estimateWindow({ windowBytes: window, rttSeconds: rtt, delaySeconds: delay, linkBytesPerSecond }),
  ),
  loss: question(
    "throughput of a long TCP stream under loss",
    {
      model: choice(["cubic", "mathis", "pftk", "bbr"]),
      mss: otherwise("1448", bytes),
      rtt: required(seconds),
      delay: otherwise("0s", seconds),
      loss: required(share),
      rto: optional(seconds),
      window: optional(bytes),
      link: optional(link),
    },
    ({ model, mss, rtt, delay, loss, rto, window, link: linkBytesPerSecond }) => {
      const path = { mssBytes: mss, rttSeconds: rtt + delay, loss, rtoSeconds: rto };
      return estimateLoss({ model, ...path, windowBytes: window, linkBytesPerSecond });
    },
  ),
  pool: question(
    "when a pool of threads or connections is full under an added delay",
    {
      rate: required(rate),
      "service-time": required(seconds),
      delay: required(seconds),
      size: required(count),
      fraction: otherwise("100%", share),
      calls: otherwise("1", count),
      timeout: optional(seconds),
      figure: choice(["saturation", "threads", "refused"]),
    },
    ({ rate: ratePerSecond, "service-time": serviceSeconds, delay: delaySeconds, timeout: timeoutSeconds, ...rest }) =>
      estimatePool({ ratePerSecond, serviceSeconds, delaySeconds, timeoutSeconds, ...rest }),
  ),
  erlang: question(
    "share of requests refused (Erlang B), or with --queue made to wait (Erlang C)",
    {
      rate: required(rate),
      "service-time": required(seconds),
      servers: required(count),
      queue: toggle(),
      beyond: optional(seconds),
    },
    ({ rate: ratePerSecond, "service-time": serviceSeconds, servers, queue, beyond }) =>
      estimateErlang({ servers, ratePerSecond, serviceSeconds }, queue || beyond !== undefined, beyond),
  ),
  retries: question(
    "calls that retries make of one request, over layers",
    { failure: required(share), retries: required(count), layers: otherwise("1", count) },
    ({ failure, retries, layers }) => estimateRetries(failure, retries, layers),
  ),
  transfer: question(
    "time of a transfer over a connection that begins",
    {
      bytes: required(bytes),
      rtt: required(seconds),
      delay: otherwise("0s", seconds),
      tls: choice(["1.3", "1.2", "none", "open"]),
      mss: otherwise("1448", bytes),
      "server-time": otherwise("0s", seconds),
      link: optional(link),
      kernel: release(),
    },
    ({ bytes: size, rtt, delay, tls, mss, "server-time": serverSeconds, link: linkBytesPerSecond, kernel }) => {
      const receiver = kernel === undefined ? "unknown" : receiverOf(kernel);
      const path = { bytes: size, rttSeconds: rtt, mssBytes: mss, handshake: HANDSHAKES[tls], serverSeconds, receiver };
      const onLink = linkBytesPerSecond === undefined ? {} : { linkBytesPerSecond };
      return estimateTransfer({ ...path, ...onLink, factor: 2 }, delay);
    },
  ),
};

function question<const F extends Flags>(about: string, flags: F, answer: (values: ValuesOf<F>) => Answer): Question {
  const ask: Question["ask"] = (words) => {
    const given = readFlags(words, flags);
    return { ...given, answer: answer(given.values) };
  };
  return { about, flags, ask };
}
