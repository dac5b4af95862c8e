import { parseGoDuration } from "./go-duration.ts";
import { parseUint } from "./go-number.ts";

// A quantity in words that Chaos Mesh does not read -> the same quantity in words that it does, where only one can be meant.

const UNITS: Readonly<Record<string, string>> = {
  ns: "ns",
  us: "us",
  µs: "us",
  μs: "us",
  microsecond: "us",
  ms: "ms",
  msec: "ms",
  millisecond: "ms",
  s: "s",
  sec: "s",
  second: "s",
  m: "m",
  min: "m",
  minute: "m",
  h: "h",
  hr: "h",
  hour: "h",
};
const DAYS: Readonly<Record<string, number>> = { d: 1, day: 1, w: 7, week: 7 };
const PART = /([0-9]+(?:\.[0-9]+)?)\s*([a-zµμ]+)[\s,]*(?:and\s+)?/gi;

/** `5 minutes`, `1 hour 30 min`, `2d`, `5M` -> Go's `5m`, `1h30m`, `48h`, `5m`. */
export function correctedDuration(text: string): string | undefined {
  if (text.length > 60) return undefined;
  const parts = [...text.trim().matchAll(PART)];
  const everything = parts.map(([part]) => part).join("") === text.trim();
  const read = parts.map(([, amount = "", unit = ""]) => partInGo(amount, unit));
  const corrected = read.join("");
  return everything && !read.includes(undefined) && parseGoDuration(corrected) !== undefined ? corrected : undefined;
}

function partInGo(amount: string, written: string): string | undefined {
  const word = written.toLowerCase();
  const unit = word.length > 2 ? word.replace(/s$/, "") : word;
  if (Object.hasOwn(UNITS, unit)) return `${amount}${UNITS[unit]}`;
  const hours = Object.hasOwn(DAYS, unit) ? Number(amount) * 24 * (DAYS[unit] ?? 1) : Number.NaN;
  return Number.isInteger(hours) ? `${hours}h` : undefined;
}

/** The same as one number with one unit: `1m30s` -> `90s`, `1.5 seconds` -> `1.5s`. */
export function correctedLatency(text: string): string | undefined {
  const corrected = correctedDuration(text);
  if (corrected === undefined || /^[0-9.]+[a-z]+$/.test(corrected)) return corrected;
  return plainLatency(parseGoDuration(corrected) ?? Number.NaN);
}

/** A time as one whole number with one unit that tc knows; undefined where it is finer than microseconds. */
export function plainLatency(milliseconds: number): string | undefined {
  if (milliseconds % 1000 === 0) return `${milliseconds / 1000}s`;
  if (Number.isInteger(milliseconds)) return `${milliseconds}ms`;
  const microseconds = Math.round(milliseconds * 1000);
  return Math.abs(microseconds - milliseconds * 1000) < 1e-6 ? `${microseconds}us` : undefined;
}

/** `25 percent`, `25 %` -> `25`. */
export function correctedPercentage(text: string): string | undefined {
  return /^\s*([0-9]+(?:\.[0-9]+)?)\s*(?:%|percent|pct)\s*$/i.exec(text)?.[1];
}

const PREFIXES = ["", "k", "m", "g", "t"];

/** `1 Mbit/s`, `1.5mbit`, `100 kB/s` -> `1mbit`, `1500kbit`, `100kbps`; a capital B means bytes, which `bps` is to tc. */
export function correctedRate(text: string): string | undefined {
  const found = /^\s*([0-9]+)(?:\.([0-9]{1,3}))?\s*([kmgt]?)(bps|bits?|bytes?|b)(?:ps|\/s|\/sec)?\s*$/i.exec(text);
  if (found === null) return undefined;
  const [, whole = "", fraction = "", prefix = "", noun = ""] = found;
  const unit = noun === "b" || /^bits?$/i.test(noun) ? "bit" : "bps";
  // A rate has no decimals, and bits are counted in thousands: one prefix down, three digits more.
  const size = PREFIXES.indexOf(prefix.toLowerCase());
  if (fraction !== "" && (size < 1 || unit === "bps")) return undefined;
  const amount = fraction === "" ? whole : `${whole}${fraction.padEnd(3, "0")}`.replace(/^0+(?=[0-9])/, "");
  return parseUint(amount) === undefined ? undefined : `${amount}${PREFIXES[fraction === "" ? size : size - 1]}${unit}`;
}
