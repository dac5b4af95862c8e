// Local time in a zone of the IANA database, by what Intl knows of it. Instants are Unix milliseconds.

/** A date and time as a clock on the wall shows it; months and days begin at 1, Sunday is day 0 of the week. */
export type WallTime = {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
};

const DAY_MS = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** What a clock in the zone shows at an instant. The zone must be one that Intl knows. */
export function wallTime(zone: string, instant: number): WallTime {
  if (zone === "UTC") return utcTime(new Date(instant));
  const parts = Object.fromEntries(
    formatOf(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0 } = parts;
  return { year, month, day, hour, minute, second };
}

/** The instants at which a clock in the zone shows this: none in the gap of a spring, two in the overlap of an autumn. */
export function instantsOf(zone: string, wall: WallTime): readonly number[] {
  const asUtc = utcOf(wall);
  if (zone === "UTC") return [asUtc];
  const around = [asUtc - DAY_MS, asUtc + DAY_MS].map((instant) => offsetAt(zone, instant));
  const found = [...new Set(around)].map((offset) => asUtc - offset);
  return found.filter((instant) => utcOf(wallTime(zone, instant)) === asUtc).sort((a, b) => a - b);
}

function utcTime(date: Date): WallTime {
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

function offsetAt(zone: string, instant: number): number {
  const wholeSecond = Math.floor(instant / 1000) * 1000;
  return utcOf(wallTime(zone, wholeSecond)) - wholeSecond;
}

function utcOf({ year, month, day, hour, minute, second }: WallTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const format = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    calendar: "gregory",
    numberingSystem: "latn",
    hourCycle: "h23",
    year: "numeric",
    month: "numeric",
    day: "numeric",
    hour: "numeric",
    minute: "numeric",
    second: "numeric",
  });
  formats.set(zone, format);
  return format;
}
