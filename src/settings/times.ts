import { isTimeZone } from "../manifest/text/time-zone.ts";
import { type Blackout, type Times, WEEKDAYS, type Weekday, type Window } from "../policy/times.ts";
import type { Fields } from "./fields.ts";

/** Reads `windows` and `blackouts` of an environment; undefined where neither is written. */
export function readTimes(fields: Fields): Times | undefined {
  const written = fields.has("windows") || fields.has("blackouts");
  const windows = fields.listOf("windows", readWindow);
  const blackouts = fields.listOf("blackouts", readBlackout);
  return written ? { windows, blackouts } : undefined;
}

function readWindow(fields: Fields): Window {
  const [days, zone] = [readDays(fields), readZone(fields)];
  const fromMinute = fields.quantity("from", minuteOf, "a time of day", CLOCK_ADVICE, { required: true }) ?? 0;
  const toMinute = fields.quantity("to", minuteOf, "a time of day", CLOCK_ADVICE, { required: true }) ?? 0;
  if (fromMinute === toMinute && fields.problems.length === 0)
    fields.complainAt("to", "settings-wrong-value", "the window ends when it begins", "Write a later time, or 24:00.");
  fields.refuseOthers();
  return { days, fromMinute, toMinute, zone };
}

function readBlackout(fields: Fields): Blackout {
  const zone = readZone(fields);
  const [from, to] = [readDate(fields, "from"), readDate(fields, "to")];
  if (from > to && to !== "")
    fields.complainAt("to", "settings-wrong-value", "the blackout ends before it begins", "Write a later date.");
  const why = fields.text("why");
  fields.refuseOthers();
  return { from, to, zone, ...(why !== undefined && { why }) };
}

const CLOCK_ADVICE = "Write a time in quotes, such as '09:00'.";

function minuteOf(text: string): number | undefined {
  const [, hours = "", minutes = ""] = /^([0-9]{1,2}):([0-9]{2})$/.exec(text) ?? [];
  const minute = Number(hours) * 60 + Number(minutes);
  return hours !== "" && Number(minutes) < 60 && minute <= 24 * 60 ? minute : undefined;
}

function readDays(fields: Fields): readonly Weekday[] {
  const written = fields.texts("days");
  const days = WEEKDAYS.filter((day) => written === undefined || written.includes(day));
  if (written !== undefined && (days.length === 0 || days.length < new Set(written).size))
    fields.complainAt("days", "settings-wrong-value", "days are not all weekdays", `Write ${WEEKDAYS.join(", ")}.`);
  return days;
}

function readZone(fields: Fields): string {
  const zone = fields.text("zone", { required: true }) ?? "UTC";
  if (isTimeZone(zone)) return zone;
  fields.complainAt("zone", "settings-wrong-value", `${zone} is no time zone`, "Write a name such as Europe/Berlin.");
  return "UTC";
}

function readDate(fields: Fields, name: string): string {
  const date = fields.text(name, { required: true }) ?? "";
  const real = /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(date) && !Number.isNaN(Date.parse(`${date}T00:00:00Z`));
  if (date !== "" && !real)
    fields.complainAt(name, "settings-wrong-value", `${date} is no date`, "Write a date such as 2026-12-24.");
  return real ? date : "";
}
