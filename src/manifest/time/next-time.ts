import type { CronTimes } from "./cron-times.ts";
import { instantsOf, type WallTime, wallTime } from "./zone.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** robfig/cron looks five years ahead, and calls what has no time until then without one (spec.go, Next). */
const MOST_DAYS = 5 * 366 + 1;

type Calendar = Extract<CronTimes, { kind: "calendar" }>;

/**
 * The first time after an instant (Unix milliseconds), or undefined where there is none in five years. An hour that a clock
 * shows twice counts twice, and one that it skips never, as robfig/cron v3 has it.
 */
export function nextTime(times: CronTimes, after: number, localZone: string): number | undefined {
  const wholeSecond = Math.floor(after / 1000) * 1000;
  if (times.kind === "every") return wholeSecond + times.everyMs;
  const zone = times.zone ?? localZone;
  const today = wallTime(zone, wholeSecond);
  for (let ahead = 0; ahead <= MOST_DAYS; ahead++) {
    const found = firstOn(times, zone, dayAfter(today, ahead), wholeSecond);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The next times after an instant, at most so many. */
export function nextTimes(times: CronTimes, after: number, localZone: string, most: number): readonly number[] {
  const found: number[] = [];
  for (let last = after; found.length < most; ) {
    const next = nextTime(times, last, localZone);
    if (next === undefined) break;
    found.push(next);
    last = next;
  }
  return found;
}

function dayAfter({ year, month, day }: WallTime, ahead: number): WallTime {
  const date = new Date(Date.UTC(year, month - 1, day) + ahead * DAY_MS);
  const midnight = { hour: 0, minute: 0, second: 0 };
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), ...midnight };
}

function firstOn(times: Calendar, zone: string, day: WallTime, after: number): number | undefined {
  const weekday = new Date(Date.UTC(day.year, day.month - 1, day.day)).getUTCDay();
  if (!times.isDay(day.month, day.day, weekday)) return undefined;
  // An hour that is shown twice is over both times before the next one begins.
  for (const hour of times.hours) {
    for (const begin of instantsOf(zone, { ...day, hour })) {
      const found = begin + HOUR_MS <= after ? undefined : firstInHour(times, begin, after);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function firstInHour({ minutes, seconds }: Calendar, hour: number, after: number): number | undefined {
  for (const minute of minutes) {
    const begin = hour + minute * 60_000;
    if (begin + 60_000 <= after) continue;
    const second = seconds.find((each) => begin + each * 1000 > after);
    if (second !== undefined) return begin + second * 1000;
  }
  return undefined;
}
