// GitHub's limits, kept by waiting. A request enters with what it costs and who waits for it, and starts when no limit speaks
// against it. It never refuses anything, and it lets nobody run into a limit that is known: GitHub bans who goes on after one.
//
// https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api, read on 2026-11-27: 5,000 requests an hour for an
// installation (more for large ones, which the answers say), 100 at once, 900 points a minute (a read is one, a write five), and "in
// general" 80 creations of content a minute and 500 an hour.

import type { Clock } from "../clock.ts";
import { HASTES, type Haste } from "./haste.ts";

/** `tell`: a write of which GitHub tells people, such as a comment. */
export type Cost = "read" | "write" | "tell";

/** What an answer says of the limits; what it leaves out is not known. */
export type Said = {
  readonly limit?: number;
  readonly remaining?: number;
  /** By the bot's clock, in milliseconds. */
  readonly resetAt?: number;
};

export type Pace = {
  /** Resolves when a request may start; whoever got its turn calls what it resolves with when the request has ended. */
  readonly turn: (cost: Cost, haste: () => Haste) => Promise<() => void>;
  /** Notes what an answer said. */
  readonly heed: (said: Said) => void;
  /** Nobody starts before `until`. */
  readonly hold: (until: number) => void;
  readonly waiting: () => number;
};

type Share = {
  /** Requests under way. */
  readonly atOnce: number;
  readonly pointsPerMinute: number;
  readonly writesPerMinute: number;
  readonly tellsPerHour: number;
  /** Between two writes, and between two that tell. */
  readonly writeGapMs: number;
  readonly tellGapMs: number;
  /** Of the hour's requests, what is left to those who are more urgent. */
  readonly reserve: number;
};

/** How far each may go. Reviews leave room for people, and everybody leaves room for what stops a run. */
export const SHARES: Readonly<Record<Haste, Share>> = {
  review: {
    atOnce: 10,
    pointsPerMinute: 700,
    writesPerMinute: 60,
    tellsPerHour: 400,
    writeGapMs: 1000,
    tellGapMs: 3000,
    reserve: 0.1,
  },
  people: {
    atOnce: 20,
    pointsPerMinute: 780,
    writesPerMinute: 68,
    tellsPerHour: 450,
    writeGapMs: 0,
    tellGapMs: 0,
    reserve: 0.05,
  },
  first: {
    atOnce: 30,
    pointsPerMinute: 860,
    writesPerMinute: 76,
    tellsPerHour: 490,
    writeGapMs: 0,
    tellGapMs: 0,
    reserve: 0,
  },
};

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const POINTS: Readonly<Record<Cost, number>> = { read: 1, write: 5, tell: 5 };

type Turn = { readonly cost: Cost; readonly haste: () => Haste; readonly start: () => void };
/** When something was done, oldest first. */
type Times = number[];
type Used = { readonly points: Times; readonly writes: Times; readonly tells: Times };

/** A pace that nothing has been done at yet. */
export function createPace(clock: Clock): Pace {
  const used: Used = { points: [], writes: [], tells: [] };
  const queue: Turn[] = [];
  let said: Said = {};
  let underWay = 0;
  let heldUntil = 0;
  let wakesAt = Number.POSITIVE_INFINITY;

  const earliest = (cost: Cost, haste: Haste): number => {
    const share = SHARES[haste];
    if (underWay >= share.atOnce) return Number.POSITIVE_INFINITY;
    return Math.max(heldUntil, untilReset(said, share, underWay, clock.now()), ...windowsOf(used, cost, share));
  };

  const pump = (): void => {
    const now = clock.now();
    forget(used, now);
    for (let next = nextOf(queue, earliest, now); next !== undefined; next = nextOf(queue, earliest, now)) {
      queue.splice(queue.indexOf(next), 1);
      note(used, next.cost, now);
      underWay += 1;
      next.start();
    }
    wakeAt(Math.min(...queue.map(({ cost, haste }) => earliest(cost, haste()))));
  };

  /** Who was waited for may have become less urgent than another by then, so that everybody is looked at again. */
  const wakeAt = (at: number): void => {
    if (!Number.isFinite(at) || at >= wakesAt) return;
    wakesAt = at;
    void clock.sleep(Math.max(1, at - clock.now())).then(() => {
      if (wakesAt === at) wakesAt = Number.POSITIVE_INFINITY;
      pump();
    });
  };

  const end = (): void => {
    underWay -= 1;
    pump();
  };

  return {
    turn: (cost, haste) =>
      new Promise((resolve) => {
        queue.push({ cost, haste, start: () => resolve(once(end)) });
        pump();
      }),
    heed: (next) => {
      said = newerOf(said, next);
    },
    hold: (until) => {
      heldUntil = Math.max(heldUntil, until);
    },
    waiting: () => queue.length,
  };
}

function once(act: () => void): () => void {
  let done = false;
  return () => {
    if (!done) act();
    done = true;
  };
}

/** The oldest turn of the greatest haste that may start now. A read does not wait behind a write. */
function nextOf(queue: readonly Turn[], earliest: (cost: Cost, haste: Haste) => number, now: number): Turn | undefined {
  for (const haste of HASTES) {
    const found = queue.find((turn) => turn.haste() === haste && earliest(turn.cost, haste) <= now);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** When the hour begins anew, for whoever may not use what is left of it; what is under way is not in the answers yet. */
function untilReset({ limit, remaining, resetAt }: Said, { reserve }: Share, underWay: number, now: number): number {
  if (limit === undefined || remaining === undefined || resetAt === undefined || resetAt <= now) return 0;
  return remaining - underWay > reserve * limit ? 0 : resetAt;
}

/** When each window that slides has room for one more. */
function windowsOf(used: Used, cost: Cost, share: Share): readonly number[] {
  const points = roomAt(used.points, share.pointsPerMinute - POINTS[cost] + 1, MINUTE_MS);
  if (cost === "read") return [points];
  const writes = [roomAt(used.writes, share.writesPerMinute, MINUTE_MS), after(used.writes, share.writeGapMs)];
  if (cost === "write") return [points, ...writes];
  return [points, ...writes, roomAt(used.tells, share.tellsPerHour, HOUR_MS), after(used.tells, share.tellGapMs)];
}

/** When fewer than `most` lie in the window that ends then. */
function roomAt(times: Times, most: number, windowMs: number): number {
  const last = times.at(-most);
  return last === undefined ? 0 : last + windowMs;
}

function after(times: Times, gapMs: number): number {
  return (times.at(-1) ?? Number.NEGATIVE_INFINITY) + gapMs;
}

function note({ points, writes, tells }: Used, cost: Cost, now: number): void {
  for (let n = 0; n < POINTS[cost]; n++) points.push(now);
  if (cost !== "read") writes.push(now);
  if (cost === "tell") tells.push(now);
}

function forget({ points, writes, tells }: Used, now: number): void {
  dropBefore(points, now - MINUTE_MS);
  dropBefore(writes, now - MINUTE_MS);
  dropBefore(tells, now - HOUR_MS);
}

function dropBefore(times: Times, before: number): void {
  const first = times.findIndex((at) => at > before);
  times.splice(0, first === -1 ? times.length : first);
}

/** Answers come in any order: within an hour the least that was said counts. */
function newerOf(known: Said, next: Said): Said {
  if (next.remaining === undefined || next.resetAt === undefined) return known;
  const sameHour = known.resetAt !== undefined && Math.abs(next.resetAt - known.resetAt) < RESET_JITTER_MS;
  if (!sameHour) return known.resetAt === undefined || next.resetAt > known.resetAt ? next : known;
  return { ...next, remaining: Math.min(next.remaining, known.remaining ?? next.remaining) };
}

/** Two clocks and a header in whole seconds. */
const RESET_JITTER_MS = 60_000;
