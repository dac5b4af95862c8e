import type { Remark, Report } from "../report.ts";
import { parseGoDuration } from "../text/go-duration.ts";
import { type CronTimes, cronTimes } from "../time/cron-times.ts";
import { nextTimes } from "../time/next-time.ts";
import { workflowTimeline } from "../time/workflow-timeline.ts";
import { at, type Located, textAt } from "../yaml/node.ts";

/** Any moment does: the shortest gap of a calendar shows within its first hundred times. */
const SOME_MOMENT = Date.UTC(2026, 0, 1);
const LOOKED_AT = 100;
/** Beyond these the controller refuses to go on (controllers/schedule/utils, getRecentUnmetScheduleTime). */
const MOST_MISSED = 100;
/** A controller that is away, or a pause, of an hour is nothing unusual. */
const USUAL_ABSENCE_MS = 3_600_000;

/** Reports what is wrong with the times of a Schedule; `block` is what it repeats. */
export function reportSchedule(spec: Located, type: string, block: Located | undefined, report: Report): void {
  const schedule = at(spec, "schedule");
  const times = cronTimes(textAt(spec, "schedule") ?? "");
  if (schedule === undefined || times === undefined) return;
  const say = (remark: Remark | undefined) =>
    remark && report.finding({ path: schedule.path, span: schedule.node.span }, remark);
  const gapMs = shortestGap(times);
  if (gapMs === undefined) say(NEVER);
  else {
    say(remarkOnLength(gapMs, lengthOf(type, block), textAt(spec, "concurrencyPolicy") === "Allow"));
    if (at(spec, "startingDeadlineSeconds") === undefined) say(remarkOnMissed(gapMs));
  }
  say(remarkOnZone(times));
}

/** undefined: it never comes; Infinity: it comes once in five years. */
function shortestGap(times: CronTimes): number | undefined {
  if (times.kind === "every") return times.everyMs;
  const { zone: _, ...anywhere } = times;
  const found = nextTimes(anywhere, SOME_MOMENT, "UTC", LOOKED_AT);
  if (found.length === 0) return undefined;
  return found.slice(1).reduce((least, at, index) => Math.min(least, at - (found[index] ?? at)), Infinity);
}

function lengthOf(type: string, block: Located | undefined): number | undefined {
  if (type === "Workflow") return workflowTimeline(block).totalMs;
  return parseGoDuration(textAt(block, "duration") ?? "");
}

const NEVER: Remark = {
  code: "schedule-never-fires",
  severity: "error",
  message: "No date within five years matches the schedule, so nothing ever runs.",
  fix: "Look at the day and the month: there is no 30 February, for instance.",
};

function remarkOnLength(gapMs: number, lengthMs: number | undefined, allowsOverlap: boolean): Remark | undefined {
  if (lengthMs === undefined || lengthMs < gapMs) return undefined;
  const facts = `A run takes ${lengthMs / 1000} s, and the next is due after ${gapMs / 1000} s`;
  if (allowsOverlap)
    return {
      code: "schedule-overlaps-itself",
      severity: "warning",
      message: `${facts}: concurrencyPolicy Allow lets the same fault hit the same pods twice at once.`,
      fix: "Shorten the duration, run less often, or use concurrencyPolicy: Forbid.",
    };
  return {
    code: "schedule-stalls",
    severity: "error",
    message: `${facts}: Forbid drops a run that is due too early, and Chaos Mesh may not look at the Schedule again.`,
    fix: "Make the duration shorter than the time between two runs.",
  };
}

function remarkOnMissed(gapMs: number): Remark | undefined {
  if (gapMs * MOST_MISSED > USUAL_ABSENCE_MS) return undefined;
  return {
    code: "schedule-may-miss-too-much",
    severity: "warning",
    message: `With a run every ${gapMs / 1000} s, ${(gapMs * MOST_MISSED) / 60_000} minutes of pause or of an absent controller are ${MOST_MISSED} missed runs, after which Chaos Mesh never starts one again.`,
    fix: "Add startingDeadlineSeconds, such as 60: older runs are then not counted.",
  };
}

/** Every hour alike is the same in every zone, but for a few of half hours. */
function remarkOnZone(times: CronTimes): Remark | undefined {
  if (times.kind === "every" || times.zone !== undefined || times.hours.length === 24) return undefined;
  return {
    code: "schedule-zone-undeclared",
    severity: "notice",
    message: "The schedule names hours without a time zone; they are those of Chaos Mesh's controller, usually UTC.",
    fix: "Begin it with the zone that is meant, such as CRON_TZ=Europe/Berlin.",
  };
}
