// Waiting for one of c servers: M/M/c with a queue that has no end (Erlang 1917; Kleinrock, Queueing Systems I, section 3.5).
// Units: seconds, requests per second. Service times are exponential; with fixed ones the mean wait is about half of this.

import {
  type Figure,
  figure,
  isFigure,
  notPredictable,
  type OutOfDomain,
  outside,
  positive,
  seconds,
  secondsOrNone,
  whole,
} from "./domain.ts";
import { erlangB } from "./queueing.ts";

export type Servers = { readonly servers: number; readonly ratePerSecond: number; readonly serviceSeconds: number };

/** Share of requests that must wait, 0..1: C = B / (1 - rho * (1 - B)), rho = lambda * S / c below 1. */
export function erlangC({ servers, ratePerSecond, serviceSeconds }: Servers): Figure {
  const offered = ratePerSecond * serviceSeconds;
  const wrong = outsideOf({ servers, ratePerSecond, serviceSeconds });
  if (wrong !== undefined) return wrong;
  const blocked = erlangB(servers, offered);
  if (!isFigure(blocked)) return blocked;
  return figure(blocked / (1 - (offered / servers) * (1 - blocked)));
}

/** Mean wait in seconds, of all requests: Wq = C * S / (c * (1 - rho)). */
export function meanWaitSeconds(servers: Servers): Figure {
  const waits = erlangC(servers);
  return isFigure(waits) ? figure(waits / spare(servers)) : waits;
}

/** Share of requests that wait longer than t seconds: C * exp(-(c/S - lambda) * t). */
export function waitsLonger(servers: Servers, thanSeconds: number): Figure {
  const waits = outside(secondsOrNone("wait", thanSeconds)) ?? erlangC(servers);
  return isFigure(waits) ? figure(waits * Math.exp(-spare(servers) * thanSeconds)) : waits;
}

/** The wait in seconds that a share of requests does not exceed: 0.99 for the 99th percentile. */
export function waitQuantileSeconds(servers: Servers, quantile: number): Figure {
  const waits = outside({ name: "quantile", value: quantile, atLeast: 0, atMost: 0.999_999 }) ?? erlangC(servers);
  if (!isFigure(waits)) return waits;
  return figure(Math.max(0, Math.log(waits / (1 - quantile)) / spare(servers)));
}

/** Requests per second that the servers could take on top. */
function spare({ servers, ratePerSecond, serviceSeconds }: Servers): number {
  return servers / serviceSeconds - ratePerSecond;
}

function outsideOf({ servers, ratePerSecond, serviceSeconds }: Servers): OutOfDomain | undefined {
  const wrong = outside(
    whole("servers", servers, 1, 1e6),
    positive("rate", ratePerSecond),
    seconds("service time", serviceSeconds),
  );
  if (wrong !== undefined || ratePerSecond * serviceSeconds < servers) return wrong;
  return notPredictable(
    `${ratePerSecond * serviceSeconds} servers are asked for and there are ${servers}: the queue grows without end`,
  );
}
