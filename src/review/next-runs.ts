import type { Experiment } from "../manifest/experiment.ts";
import { cronTimes } from "../manifest/time/cron-times.ts";
import { nextTimes } from "../manifest/time/next-time.ts";
import { wallTime } from "../manifest/time/zone.ts";
import type { Runs } from "./review.ts";

const SHOWN = 5;
const HOUR_MS = 3_600_000;
/** Chaos Mesh's image sets none, and its schedules without a zone follow the process's own. */
const CONTROLLERS_ZONE = "UTC";

/**
 * The next runs of a Schedule from the hour in which `now` lies (Unix milliseconds): a review that is written again within the
 * hour is the same. Undefined for anything that is no Schedule.
 */
export function nextRunsOf({ schedule, timeline, durationMs }: Experiment, now: number): Runs | undefined {
  const times = schedule === undefined ? undefined : cronTimes(schedule.cron);
  if (times === undefined) return undefined;
  const declared = times.kind === "calendar" ? times.zone : undefined;
  const zone = declared ?? CONTROLLERS_ZONE;
  const found = nextTimes(times, Math.floor(now / HOUR_MS) * HOUR_MS - 1, zone, SHOWN);
  const lengthMs = timeline?.totalMs ?? durationMs;
  return {
    zone,
    isDeclared: declared !== undefined || times.kind === "every",
    times: found.map((at) => ({ at, shown: shown(zone, at) })),
    ...(lengthMs === undefined ? {} : { lengthMs }),
  };
}

function shown(zone: string, at: number): string {
  const { year, month, day, hour, minute, second } = wallTime(zone, at);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`;
}
