import type { Experiment } from "../manifest/experiment.ts";
import { cronTimes } from "../manifest/time/cron-times.ts";
import { nextTimes } from "../manifest/time/next-time.ts";
import { wallTime } from "../manifest/time/zone.ts";
import type { Runs } from "./review.ts";

const SHOWN = 5;
const MINUTE_MS = 60_000;
/** Chaos Mesh's image sets none, and its schedules without a zone follow the process's own. */
const CONTROLLERS_ZONE = "UTC";

/**
 * The next runs of a Schedule after `now` (Unix milliseconds); undefined for anything that is no Schedule. A calendar's are the same
 * until one of them has passed; `@every` counts from when it is merged, which nobody knows yet, and is shown from the next minute.
 */
export function nextRunsOf({ schedule, timeline, durationMs }: Experiment, now: number): Runs | undefined {
  const times = schedule === undefined ? undefined : cronTimes(schedule.cron);
  if (times === undefined) return undefined;
  const declared = times.kind === "calendar" ? times.zone : undefined;
  const zone = declared ?? CONTROLLERS_ZONE;
  const after = times.kind === "every" ? Math.ceil(now / MINUTE_MS) * MINUTE_MS : now;
  const found = nextTimes(times, after, zone, SHOWN);
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
