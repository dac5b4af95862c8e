import type { World } from "../world.ts";
import { Refusal } from "./refusal.ts";
import type { Actor } from "./route.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** What a request counts as besides one request. */
export type Weight = {
  /** It changes something; token creation does not count. */
  readonly writes: boolean;
  /** It makes something that people are told of: a comment or a review. */
  readonly tells: boolean;
};

export type Limits = {
  /** Requests a caller has per hour. */
  requestsPerHour: number;
  /** Writes a caller has per minute before GitHub's secondary limit answers. */
  writesPerMinute: number;
  /** Comments and reviews a caller may make per hour. */
  contentPerHour: number;
  /** Points a caller has per minute: a read is one, a write is five. */
  pointsPerMinute: number;
  /** How often each limit has refused somebody. */
  readonly refused: { primary: number; secondary: number };
  /** Refuses nobody any more, and counts all the same. */
  lift(): void;
  /** The next `times` requests meet a secondary limit whatever was used, as they do when GitHub is busy. */
  trip(times: number, retryAfterSeconds: number): void;
  /** Counts a request; throws GitHub's refusal when it is one too many, and else gives the headers for the answer. */
  count(actor: Actor, weight: Weight): Readonly<Record<string, string>>;
  /** Takes back the request counted last: what has not changed since the caller asked is free. Gives the headers anew. */
  refund(actor: Actor): Readonly<Record<string, string>>;
  /** What a caller has left, for `/rate_limit`. */
  left(actor: Actor): {
    readonly limit: number;
    readonly used: number;
    readonly remaining: number;
    readonly reset: number;
  };
};

/** When something was done, oldest first: for limits whose window slides. */
type Times = number[];
type Used = {
  hourStart: number;
  requests: number;
  readonly writes: Times;
  readonly content: Times;
  readonly points: Times;
};

/** GitHub's primary and secondary rate limits, per caller, by the world's clock. */
export function createLimits(world: World): Limits {
  const used = new Map<string, Used>();
  let tripped = { times: 0, retryAfterSeconds: 0 };
  const usedBy = (actor: Actor): Used => {
    const now = world.clock.now();
    const known = used.get(keyOf(actor));
    if (known && now - known.hourStart < HOUR_MS) return known;
    const { writes, content, points } = known ?? { writes: [], content: [], points: [] };
    const fresh = { hourStart: now, requests: 0, writes, content, points };
    used.set(keyOf(actor), fresh);
    return fresh;
  };
  const limits: Limits = {
    requestsPerHour: 5000,
    writesPerMinute: 80,
    contentPerHour: 500,
    pointsPerMinute: 900,
    refused: { primary: 0, secondary: 0 },
    lift: () => {
      const none = Number.MAX_SAFE_INTEGER;
      Object.assign(limits, {
        requestsPerHour: none,
        writesPerMinute: none,
        contentPerHour: none,
        pointsPerMinute: none,
      });
    },
    trip: (times, retryAfterSeconds) => {
      tripped = { times, retryAfterSeconds };
    },
    refund: (actor) => {
      const own = usedBy(actor);
      own.requests = Math.max(0, own.requests - 1);
      return headersOf(limits, own);
    },
    left: (actor) => leftOf(limits, usedBy(actor)),
    count: (actor, weight) => {
      if (tripped.times > 0) {
        tripped = { ...tripped, times: tripped.times - 1 };
        throw secondary(limits, tripped.retryAfterSeconds);
      }
      const own = usedBy(actor);
      own.requests += 1;
      const headers = headersOf(limits, own);
      if (own.requests > limits.requestsPerHour) {
        limits.refused.primary += 1;
        throw new Refusal(403, "API rate limit exceeded", { headers });
      }
      countSecondary(world.clock.now(), limits, own, weight);
      return headers;
    },
  };
  return limits;
}

/** The limits whose windows slide. What one of them refuses counts for none. */
function countSecondary(now: number, limits: Limits, used: Used, { writes, tells }: Weight): void {
  const windows = [
    { times: used.points, most: limits.pointsPerMinute, lengthMs: MINUTE_MS, amount: writes ? 5 : 1 },
    { times: used.writes, most: limits.writesPerMinute, lengthMs: MINUTE_MS, amount: writes ? 1 : 0 },
    { times: used.content, most: limits.contentPerHour, lengthMs: HOUR_MS, amount: tells ? 1 : 0 },
  ];
  for (const { times, most, lengthMs, amount } of windows) {
    const past = times.findIndex((at) => now - at < lengthMs);
    times.splice(0, past === -1 ? times.length : past);
    const [oldest = now] = times;
    if (amount > 0 && times.length + amount > most)
      throw secondary(limits, Math.ceil((oldest + lengthMs - now) / 1000));
  }
  for (const { times, amount } of windows) for (let n = 0; n < amount; n++) times.push(now);
}

function secondary(limits: Limits, retryAfterSeconds: number): Refusal {
  limits.refused.secondary += 1;
  const message = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.";
  return new Refusal(403, message, { headers: { "retry-after": String(retryAfterSeconds) } });
}

function leftOf(limits: Limits, used: Used) {
  const limit = limits.requestsPerHour;
  const reset = Math.floor((used.hourStart + HOUR_MS) / 1000);
  return { limit, used: used.requests, remaining: Math.max(0, limit - used.requests), reset };
}

function headersOf(limits: Limits, used: Used): Record<string, string> {
  const { limit, used: count, remaining, reset } = leftOf(limits, used);
  return {
    "x-ratelimit-limit": String(limit),
    "x-ratelimit-used": String(count),
    "x-ratelimit-remaining": String(remaining),
    "x-ratelimit-reset": String(reset),
    "x-ratelimit-resource": "core",
  };
}

function keyOf(actor: Actor): string {
  if (actor.kind === "user") return `user ${actor.user.id}`;
  return actor.kind === "anonymous" ? "anonymous" : `${actor.kind} ${actor.app.id}`;
}
