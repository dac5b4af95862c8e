import type { World } from "../world.ts";
import { Refusal } from "./refusal.ts";
import type { Actor } from "./route.ts";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

export type Limits = {
  /** Requests a caller has per hour. */
  requestsPerHour: number;
  /** Writes a caller has per minute before GitHub's secondary limit answers; token creation does not count. */
  writesPerMinute: number;
  /** The next `times` requests meet a secondary limit whatever was used, as they do when GitHub is busy. */
  trip(times: number, retryAfterSeconds: number): void;
  /** Counts a request; throws GitHub's refusal when it is one too many, and else gives the headers for the answer. */
  count(actor: Actor, writes: boolean): Readonly<Record<string, string>>;
  /** What a caller has left, for `/rate_limit`. */
  left(actor: Actor): {
    readonly limit: number;
    readonly used: number;
    readonly remaining: number;
    readonly reset: number;
  };
};

type Used = { hourStart: number; requests: number; readonly writes: number[] };

/** GitHub's primary and secondary rate limits, per caller, by the world's clock. */
export function createLimits(world: World): Limits {
  const used = new Map<string, Used>();
  let tripped = { times: 0, retryAfterSeconds: 0 };
  const usedBy = (actor: Actor): Used => {
    const now = world.clock.now();
    const known = used.get(keyOf(actor));
    if (known && now - known.hourStart < HOUR_MS) return known;
    const fresh = { hourStart: now, requests: 0, writes: [] };
    used.set(keyOf(actor), fresh);
    return fresh;
  };
  const limits: Limits = {
    requestsPerHour: 5000,
    writesPerMinute: 80,
    trip: (times, retryAfterSeconds) => {
      tripped = { times, retryAfterSeconds };
    },
    left: (actor) => leftOf(limits, usedBy(actor)),
    count: (actor, writes) => {
      if (tripped.times > 0) {
        tripped = { ...tripped, times: tripped.times - 1 };
        throw secondary(tripped.retryAfterSeconds);
      }
      const own = usedBy(actor);
      own.requests += 1;
      const headers = headersOf(limits, own);
      if (own.requests > limits.requestsPerHour) throw new Refusal(403, "API rate limit exceeded", { headers });
      if (writes) countWrite(world, limits, own);
      return headers;
    },
  };
  return limits;
}

function countWrite(world: World, limits: Limits, used: Used): void {
  const now = world.clock.now();
  while (used.writes[0] !== undefined && now - used.writes[0] >= MINUTE_MS) used.writes.shift();
  const [oldest = now] = used.writes;
  if (used.writes.length >= limits.writesPerMinute) throw secondary(Math.ceil((oldest + MINUTE_MS - now) / 1000));
  used.writes.push(now);
}

function secondary(retryAfterSeconds: number): Refusal {
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
