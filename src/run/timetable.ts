// When the runs of a standing ticket are due. A schedule, what became of its last run and the time enter; one run that is due now
// leaves, or why its time is passed over. Nothing is remembered: whoever asks again after a crash, or another leader, gets the same
// answer, and the run's name is its time, so that nobody can run it twice.

import { cronTimes } from "../manifest/time/cron-times.ts";
import { nextTime } from "../manifest/time/next-time.ts";
import { type Times, whyClosed, whyNotThrough } from "../policy/times.ts";

export type Timetable = {
  /** As robfig/cron reads it, a zone in front of it included. */
  readonly cron: string;
  /** Chaos Mesh's name of how late a run may begin. */
  readonly startingDeadlineSeconds?: number;
  /** Unix milliseconds: no time before it counts, and `@every` counts from it. */
  readonly standsSince: number;
  readonly standsUntil: number;
  /** How long a run lasts; it has to fit into the windows. */
  readonly durationMs?: number;
  readonly times?: Times;
};

/** The run of this ticket that was due last, as it is on record; without an end it is under way. */
export type LastRun = { readonly at: number; readonly endedAt?: number };

export type Occasion =
  | { readonly kind: "none" }
  | { readonly kind: "due"; readonly at: number }
  /** Passed over for good: it is never made up for. */
  | { readonly kind: "skipped"; readonly at: number; readonly why: string };

/** A run that begins much later than its author wrote is another experiment, so missed ones are made up for within a minute only. */
const DEADLINE_MS = 60_000;
/** However much later the manifest allows. */
const LATEST_DEADLINE_MS = 600_000;
/** Schedules without a zone follow that of Chaos Mesh's image, as the review says. */
const ZONE = "UTC";

/** Which run of a schedule is to begin at `now` (Unix milliseconds). Of several that were missed only the last counts. */
export function occasionOf(timetable: Timetable, last: LastRun | undefined, now: number): Occasion {
  const at = lastDue(timetable, now);
  if (at === undefined || (last !== undefined && last.at >= at)) return { kind: "none" };
  const why = whySkipped(timetable, last, at);
  return why === undefined ? { kind: "due", at } : { kind: "skipped", at, why };
}

/** The newest time of a schedule that is not too long ago; undefined where there is none. */
export function lastDue(timetable: Timetable, now: number): number | undefined {
  const cron = cronTimes(timetable.cron);
  if (cron === undefined) return undefined;
  const oldest = Math.max(now - deadlineMsOf(timetable), timetable.standsSince);
  if (cron.kind === "every") {
    const counted = Math.floor((now - timetable.standsSince) / cron.everyMs);
    const at = timetable.standsSince + counted * cron.everyMs;
    return counted > 0 && at >= oldest && at < timetable.standsUntil ? at : undefined;
  }
  let found: number | undefined;
  for (let next = nextTime(cron, oldest, ZONE); isPast(next, now); next = nextTime(cron, next, ZONE)) found = next;
  return found !== undefined && found < timetable.standsUntil ? found : undefined;
}

function isPast(at: number | undefined, now: number): at is number {
  return at !== undefined && at <= now;
}

function deadlineMsOf({ startingDeadlineSeconds }: Timetable): number {
  if (startingDeadlineSeconds === undefined) return DEADLINE_MS;
  return Math.min(startingDeadlineSeconds * 1000, LATEST_DEADLINE_MS);
}

function whySkipped({ times, durationMs }: Timetable, last: LastRun | undefined, at: number): string | undefined {
  if (last !== undefined && last.endedAt === undefined) return "the run before it is still under way";
  if (last?.endedAt !== undefined && last.endedAt > at) return "the run before it was still under way then";
  if (times === undefined) return undefined;
  return durationMs === undefined ? whyClosed(times, at) : whyNotThrough(times, at, at + durationMs);
}
