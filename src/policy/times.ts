// When faults may be injected: hours of days in a zone, and dates on which nothing may. An instant enters as an argument.

export const WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"] as const;
export type Weekday = (typeof WEEKDAYS)[number];

/** Wall-clock hours of a zone, `from` included and `to` excluded; a `to` before `from` is of the next morning. */
export type Window = {
  readonly days: readonly Weekday[];
  readonly fromMinute: number;
  readonly toMinute: number;
  /** IANA name. */
  readonly zone: string;
};

/** Whole days of a zone, both included, as YYYY-MM-DD. */
export type Blackout = { readonly from: string; readonly to: string; readonly zone: string; readonly why?: string };

export type Times = { readonly windows: readonly Window[]; readonly blackouts: readonly Blackout[] };

const DAY_MINUTES = 24 * 60;

/** Why nothing may be injected at an instant (Unix milliseconds); undefined where it may. Without windows every hour is open. */
export function whyClosed({ windows, blackouts }: Times, atMs: number): string | undefined {
  const blackout = blackouts.find((each) => isWithin(each, localTime(atMs, each.zone).date));
  if (blackout !== undefined)
    return `${blackout.from} to ${blackout.to} is a blackout${blackout.why === undefined ? "" : ` (${blackout.why})`}`;
  if (windows.length === 0 || windows.some((window) => isOpen(window, atMs))) return undefined;
  return `it is outside of the windows ${windows.map(asText).join("; ")}`;
}

const MINUTE_MS = 60_000;
const DAY_MS = DAY_MINUTES * MINUTE_MS;
/** Every weekday and the one after it: what is open so long is open always, but for blackouts that are farther away. */
const LOOK_AHEAD_MS = 8 * DAY_MS;

/** Why a fault may not last from one instant to another (excluded), which is the first reason within it. */
export function whyNotThrough(times: Times, fromMs: number, toMs: number): string | undefined {
  const atOnce = whyClosed(times, fromMs);
  if (atOnce !== undefined) return atOnce;
  const end = Math.min(toMs, fromMs + LOOK_AHEAD_MS);
  // Windows begin and end on minutes; after a day a quarter is enough, which is the finest that zones are apart.
  for (let at = fromMs; at < end; at += at - fromMs < DAY_MS ? MINUTE_MS : 15 * MINUTE_MS) {
    const because = whyClosed(times, at);
    if (because !== undefined) return `before it ends, ${because}`;
  }
  return undefined;
}

/** How long the longest window is, in milliseconds; undefined where every hour is open. */
export function longestWindowMs({ windows }: Times): number | undefined {
  if (windows.length === 0) return undefined;
  return Math.max(...windows.map(lengthOf)) * MINUTE_MS;
}

/** `mon, tue 09:00-17:00 Europe/Berlin`. */
export function asText({ days, fromMinute, toMinute, zone }: Window): string {
  return `${days.join(", ")} ${clock(fromMinute)}-${clock(toMinute)} ${zone}`;
}

function lengthOf({ fromMinute, toMinute }: Window): number {
  return toMinute > fromMinute ? toMinute - fromMinute : DAY_MINUTES - fromMinute + toMinute;
}

function isOpen({ days, fromMinute, toMinute, zone }: Window, atMs: number): boolean {
  const { weekday, minute } = localTime(atMs, zone);
  if (toMinute > fromMinute) return days.includes(weekday) && minute >= fromMinute && minute < toMinute;
  return (days.includes(weekday) && minute >= fromMinute) || (days.includes(dayBefore(weekday)) && minute < toMinute);
}

function dayBefore(day: Weekday): Weekday {
  return WEEKDAYS[(WEEKDAYS.indexOf(day) + 6) % 7] ?? day;
}

function isWithin({ from, to }: Blackout, date: string): boolean {
  return from <= date && date <= to;
}

type Local = { readonly weekday: Weekday; readonly date: string; readonly minute: number };

/** What calendar and clock of a zone show. */
function localTime(atMs: number, zone: string): Local {
  const parts = Object.fromEntries(
    calendarOf(zone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, value]),
  );
  const weekday = WEEKDAYS.find((day) => day === parts.weekday?.toLowerCase()) ?? "mon";
  const minute = Number(parts.hour) * 60 + Number(parts.minute);
  return { weekday, date: `${parts.year}-${parts.month}-${parts.day}`, minute };
}

/** Making a calendar costs a hundred times what asking it does, and there are as many as zones in the settings. */
const CALENDARS = new Map<string, Intl.DateTimeFormat>();

function calendarOf(zone: string): Intl.DateTimeFormat {
  const known = CALENDARS.get(zone);
  if (known !== undefined) return known;
  const [word, digits] = [{ weekday: "short", year: "numeric" }, "2-digit"] as const;
  const fields = { ...word, month: digits, day: digits, hour: digits, minute: digits } as const;
  const made = new Intl.DateTimeFormat("en-GB", { timeZone: zone, hourCycle: "h23", ...fields });
  CALENDARS.set(zone, made);
  return made;
}

function clock(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, "0")).join(":");
}
