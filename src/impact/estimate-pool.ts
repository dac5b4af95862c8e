// What a delay does to a pool, what load does to servers, and retries to load. Units: seconds, requests per second, shares 0..1.

import { isFigure, outside, positive, seconds, secondsOrNone, share, whole } from "./domain.ts";
import { erlangC, meanWaitSeconds, type Servers, waitQuantileSeconds, waitsLonger } from "./erlang-c.ts";
import type { Answer } from "./estimate.ts";
import { erlangB, threadsNeeded } from "./queueing.ts";
import { layeredAttempts, mendedAttempts, worstAttempts } from "./retries.ts";
import { fullAfterSeconds, type Saturation } from "./saturation.ts";
import { milliseconds, percentOf, short } from "./units.ts";

export type PoolQuestion = {
  readonly figure: "saturation" | "threads" | "refused";
  readonly ratePerSecond: number;
  readonly serviceSeconds: number;
  readonly delaySeconds: number;
  readonly size: number;
  readonly fraction: number;
  /** Faulted calls one after the other per request. */
  readonly calls: number;
  readonly timeoutSeconds: number | undefined;
};

/** When a pool is full, how many threads are asked for, or which share of requests is refused. */
export function estimatePool(question: PoolQuestion): Answer {
  const { ratePerSecond, serviceSeconds, size, fraction, timeoutSeconds } = question;
  const wrong = outside(
    positive("rate", ratePerSecond),
    secondsOrNone("service time", serviceSeconds),
    secondsOrNone("delay", question.delaySeconds),
    whole("pool", size, 1, 1e6),
    share("fraction", fraction),
    whole("calls", question.calls, 1, 1000),
    ...(timeoutSeconds === undefined ? [] : [{ name: "timeout", value: timeoutSeconds, above: serviceSeconds }]),
  );
  if (wrong !== undefined) return wrong;
  const addedSeconds = question.calls * question.delaySeconds;
  const room = timeoutSeconds === undefined ? Number.POSITIVE_INFINITY : timeoutSeconds - serviceSeconds;
  const pool: Saturation = {
    size,
    ratePerSecond,
    serviceSeconds,
    fraction,
    addedSeconds: Math.min(addedSeconds, room),
  };
  const warnings =
    addedSeconds >= room
      ? ["the timeout is no longer than the delayed call: every faulted call fails, an error test"]
      : [];
  const asked = threadsNeeded(pool);
  if (!isFigure(asked)) return asked;
  return question.figure === "saturation"
    ? saturation(pool, asked, warnings)
    : threads(question.figure, pool, asked, warnings);
}

function saturation(pool: Saturation, asked: number, warnings: readonly string[]): Answer {
  const full = fullAfterSeconds("network", pool);
  if (typeof full === "object") return full;
  const forms = [full, fullAfterSeconds("new-requests", pool), fullAfterSeconds("exponential", pool)];
  const known = forms.filter((each) => typeof each === "number");
  return {
    kind: "estimate",
    value: full === "never" ? null : full,
    unit: "s",
    interval: full === "never" ? null : [Math.min(...known), Math.max(...known)],
    binding: full === "never" ? "none" : "pool",
    source: "Little, Operations Research 9(3), 1961: (N - lambda*S0) / (lambda*f); high end: random service times",
    warnings,
    notes: [`${short(asked)} threads are asked for and there are ${pool.size}`],
  };
}

function threads(figure: "threads" | "refused", pool: Saturation, asked: number, warnings: readonly string[]): Answer {
  const common = { kind: "estimate", interval: null, binding: asked < pool.size ? "none" : "pool", warnings } as const;
  if (figure === "threads")
    return { ...common, value: asked, unit: "threads", source: "Little, Operations Research 9(3), 1961", notes: [] };
  const refused = erlangB(pool.size, asked);
  if (!isFigure(refused)) return refused;
  return {
    ...common,
    value: refused,
    unit: "ratio",
    source: "Erlang B: no queue, Poisson arrivals, any service times",
    notes: [`${percentOf(Math.max(0, 1 - pool.size / asked))} at the least, were arrivals perfectly even`],
  };
}

/** Share of requests that find no server: refused (Erlang B), or with a queue made to wait, or to wait beyond a time (Erlang C). */
export function estimateErlang(servers: Servers, queue: boolean, beyondSeconds: number | undefined): Answer {
  if (queue) return waiting(servers, beyondSeconds);
  const { servers: slots, ratePerSecond, serviceSeconds } = servers;
  const wrong = outside(
    whole("servers", slots, 1, 1e6),
    positive("rate", ratePerSecond),
    seconds("service time", serviceSeconds),
  );
  const refused = wrong ?? erlangB(slots, ratePerSecond * serviceSeconds);
  if (!isFigure(refused)) return refused;
  return {
    kind: "estimate",
    value: refused,
    unit: "ratio",
    interval: null,
    binding: "servers",
    source: "Erlang B: refused without a queue, Poisson arrivals, any service times",
    warnings: [],
    notes: [`${short(ratePerSecond * serviceSeconds)} erlangs are offered to ${slots} servers`],
  };
}

function waiting(servers: Servers, beyondSeconds: number | undefined): Answer {
  const value = beyondSeconds === undefined ? erlangC(servers) : waitsLonger(servers, beyondSeconds);
  const [mean, slowest] = [meanWaitSeconds(servers), waitQuantileSeconds(servers, 0.99)];
  if (!isFigure(value)) return value;
  if (!isFigure(mean)) return mean;
  if (!isFigure(slowest)) return slowest;
  return {
    kind: "estimate",
    value,
    unit: "ratio",
    interval: null,
    binding: "servers",
    source: "Erlang C: M/M/c, first come first served (Kleinrock, Queueing Systems I, section 3.5)",
    warnings: ["holds for exponential service times; with fixed ones the mean wait is about half"],
    notes: [`mean wait ${milliseconds(1000 * mean)}, 99 % wait no longer than ${milliseconds(1000 * slowest)}`],
  };
}

/** Calls at the lowest layer for one request at the top. */
export function estimateRetries(failure: number, retries: number, layers: number): Answer {
  const value = layeredAttempts(failure, retries, layers);
  const [low, high] = [mendedAttempts(failure, retries, layers), worstAttempts(retries, layers)];
  if (!isFigure(value)) return value;
  if (!isFigure(low)) return low;
  if (!isFigure(high)) return high;
  return {
    kind: "estimate",
    value,
    unit: "calls",
    interval: [low, high],
    binding: failure === 0 ? "none" : "retries",
    source:
      "((1 - p^(r+1)) / (1 - p))^L; low end: only the lowest layer fails; high end: (1 + r)^L, AWS Builders' Library",
    warnings:
      high > value ? [`a request that meets an outage makes all ${high} calls: attempts then fail together`] : [],
    notes: [],
  };
}
