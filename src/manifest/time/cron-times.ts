import { complaintAboutCron, FIELDS, numberOf } from "../text/cron.ts";
import { parseGoDuration } from "../text/go-duration.ts";

/** The times that a cron expression means. */
export type CronTimes =
  | { readonly kind: "every"; readonly everyMs: number }
  | {
      readonly kind: "calendar";
      /** Absent: that of whoever runs the schedule, Chaos Mesh's controller (UTC in its image). */
      readonly zone?: string;
      readonly seconds: readonly number[];
      readonly minutes: readonly number[];
      readonly hours: readonly number[];
      readonly isDay: (month: number, dayOfMonth: number, dayOfWeek: number) => boolean;
    };

type Values = { readonly values: ReadonlySet<number>; readonly isStar: boolean };

const DESCRIPTORS: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** The times of an expression as robfig/cron v3 reads it (parser.go, spec.go); undefined where it refuses the expression. */
export function cronTimes(expression: string): CronTimes | undefined {
  if (complaintAboutCron(expression) !== undefined) return undefined;
  const [, zone, rest = expression] = /^(?:CRON_TZ|TZ)=([^ ]*) +(.*)$/s.exec(expression) ?? [];
  const text = rest.trim();
  const every = /^@every (.*)$/s.exec(text)?.[1];
  if (every !== undefined) return { kind: "every", everyMs: everyMsOf(parseGoDuration(every) ?? 0) };
  const parts = (DESCRIPTORS[text] ?? text).split(/\s+/);
  return calendarOf(parts.length === 5 ? ["0", ...parts] : parts, zone);
}

/** ConstantDelaySchedule has whole seconds, and at least one. */
function everyMsOf(milliseconds: number): number {
  return Math.max(1000, Math.floor(milliseconds / 1000) * 1000);
}

function calendarOf(parts: readonly string[], zone: string | undefined): CronTimes {
  const read = parts.map((part, at) => valuesOf(part, at));
  const [seconds, minutes, hours, days, months, weekdays] = read;
  const isDay = (month: number, dayOfMonth: number, dayOfWeek: number) => {
    if (!months?.values.has(month)) return false;
    const [byMonth, byWeek] = [days?.values.has(dayOfMonth) === true, weekdays?.values.has(dayOfWeek) === true];
    // Either of two restricted days is enough; a star restricts nothing (spec.go, dayMatches).
    return days?.isStar || weekdays?.isStar ? byMonth && byWeek : byMonth || byWeek;
  };
  const times = { seconds: sorted(seconds), minutes: sorted(minutes), hours: sorted(hours), isDay };
  // time.LoadLocation reads the empty name as UTC, and "Local" is the same as no zone at all.
  const declared = zone === "" ? "UTC" : zone;
  return { kind: "calendar", ...times, ...(declared === undefined || declared === "Local" ? {} : { zone: declared }) };
}

function valuesOf(part: string, at: number): Values {
  const read = part
    .split(",")
    .filter((range) => range !== "")
    .map((range) => rangeOf(range, at));
  return {
    values: new Set(read.flatMap(({ values }) => [...values])),
    isStar: read.some(({ isStar }) => isStar),
  };
}

function rangeOf(range: string, at: number): Values {
  const field = FIELDS[at];
  if (field === undefined) throw new Error(`a cron expression has no field ${at}`);
  const [span = "", stepText] = range.split("/");
  const step = stepText === undefined ? 1 : Number(stepText);
  const [first = "", last] = span.split("-");
  const isStar = first === "*" || first === "?";
  const from = isStar ? field.min : (numberOf(first, field) ?? field.min);
  // A single number with a step runs to the end of the field.
  const single = stepText === undefined ? from : field.max;
  const to = isStar ? field.max : last === undefined ? single : (numberOf(last, field) ?? field.max);
  const values = new Set<number>();
  for (let value = from; value <= to; value += step) values.add(value);
  return { values, isStar: isStar && step === 1 };
}

function sorted(values: Values | undefined): readonly number[] {
  return [...(values?.values ?? [])].sort((a, b) => a - b);
}
