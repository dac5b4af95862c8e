// Requests and answers over connections: how many pass, and how an added delay multiplies. Units: seconds, requests per second, bytes.

import { type Figure, figure, notPredictable, outside, seconds, secondsOrNone, share, whole } from "./domain.ts";

/** First flow-control window of an HTTP/2 stream, and of the whole connection (RFC 9113 section 6.9.2). */
export const HTTP2_WINDOW_BYTES = 65_535;

export type Connections = {
  readonly connections: number;
  /** Requests that may be open on one connection: 1 for HTTP/1.1 without pipelining (RFC 9112 section 9.3). */
  readonly streamsEach: number;
  readonly rttSeconds: number;
  readonly serverSeconds: number;
};

/** Requests per second that connections can carry: X = c * streams / (R + S), from Little's law. */
export function exchangeRateBound({ connections, streamsEach, rttSeconds, serverSeconds }: Connections): Figure {
  const wrong = outside(
    whole("connections", connections, 1, 1e6),
    whole("streams", streamsEach, 1, 2 ** 31 - 1),
    seconds("round trip", rttSeconds),
    secondsOrNone("server time", serverSeconds),
  );
  return wrong ?? figure((connections * streamsEach) / (rttSeconds + serverSeconds));
}

/**
 * Bytes per second of `busyStreams` HTTP/2 streams on one connection: each is held by its own window and all of them by the
 * connection's, RFC 9113 section 5.2. gRPC libraries raise both when they measure the path; then this is a lower bound.
 */
export function http2Throughput(
  busyStreams: number,
  rttSeconds: number,
  streamWindowBytes = HTTP2_WINDOW_BYTES,
  connectionWindowBytes = HTTP2_WINDOW_BYTES,
): Figure {
  const wrong = outside(
    whole("streams", busyStreams, 1, 2 ** 31 - 1),
    seconds("round trip", rttSeconds),
    whole("stream window", streamWindowBytes, 1, 2 ** 31 - 1),
    whole("connection window", connectionWindowBytes, 1, 2 ** 31 - 1),
  );
  return wrong ?? figure(Math.min(busyStreams * streamWindowBytes, connectionWindowBytes) / rttSeconds);
}

/** Requests per second of N users who think for Z: min(N / (Z + D), 1 / Dmax); Lazowska et al., Quantitative System Performance, 1984. */
export function closedRateBound(
  users: number,
  thinkSeconds: number,
  demandSeconds: number,
  slowestSeconds: number,
): Figure {
  const wrong = outside(
    whole("users", users, 0, 1e9),
    secondsOrNone("think time", thinkSeconds),
    seconds("demand", demandSeconds),
    { name: "slowest station", value: slowestSeconds, above: 0, atMost: demandSeconds },
  );
  return wrong ?? figure(Math.min(users / (thinkSeconds + demandSeconds), 1 / slowestSeconds));
}

/** Seconds that calls one after the other add: round trips * d. Count every one: DNS, handshakes, redirects, pool checks. */
export function sequentialAdded(roundTrips: number, delaySeconds: number): Figure {
  return (
    outside(whole("round trips", roundTrips, 0, 1e6), secondsOrNone("delay", delaySeconds)) ??
    figure(roundTrips * delaySeconds)
  );
}

/** Seconds that calls side by side add: the longest delay among them, and nothing where there are none. */
export function parallelAdded(delaysSeconds: readonly number[]): Figure {
  if (delaysSeconds.length > 1e6) return notPredictable("more than a million parallel calls");
  const wrong = outside(...delaysSeconds.map((value) => secondsOrNone("delay", value)));
  return wrong ?? figure(delaysSeconds.reduce((longest, each) => Math.max(longest, each), 0));
}

/** Share of requests that meet the fault in at least one of k independent calls: 1 - (1 - f)^k (Dean and Barroso, CACM 56(2), 2013). */
export function anyFaulted(calls: number, fraction: number): Figure {
  const wrong = outside(whole("calls", calls, 0, 1e6), share("fraction", fraction));
  return wrong ?? figure(1 - (1 - fraction) ** calls);
}

/** Share of one-packet exchanges that lose nothing, of request and answer: (1 - pf) * (1 - pr). */
export function exchangeArrives(lossForth: number, lossBack: number): Figure {
  return (
    outside(share("loss forth", lossForth), share("loss back", lossBack)) ?? figure((1 - lossForth) * (1 - lossBack))
  );
}
