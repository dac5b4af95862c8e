import type { Prediction } from "./prediction.ts";

const BYTES_PER_SECOND = [
  [1e9, "GB/s"],
  [1e6, "MB/s"],
  [1e3, "kB/s"],
] as const;

/** A figure as people read it: decimal prefixes and two decimals for rates of bytes, percent for ratios, fitting units of time. */
export function quantity(value: number, unit: Prediction["unit"]): string {
  switch (unit) {
    case "B/s":
      return bytesPerSecond(value);
    case "ratio":
      return `${(value * 100).toFixed(2)} %`;
    case "s":
    case "seconds":
      return duration(value * 1000);
    case "ms":
      return duration(value);
    case "per-second":
      return `${rounded(value)}/s`;
    case "count":
      return rounded(value);
    default:
      return `${rounded(value)} ${unit}`;
  }
}

/** The interval beside a figure: `450 ms to 550 ms`. */
export function interval([low, high]: readonly [number, number], unit: Prediction["unit"]): string {
  return `${quantity(low, unit)} to ${quantity(high, unit)}`;
}

/** Milliseconds in the unit that fits: `0.4 ms`, `500 ms`, `1.5 s`, `5 min`. */
export function duration(ms: number): string {
  const size = Math.abs(ms);
  if (size < 1000) return `${rounded(ms)} ms`;
  if (size < 60_000 || size % 60_000 !== 0) return `${rounded(ms / 1000)} s`;
  return `${rounded(ms / 60_000)} min`;
}

/** Bytes with a binary prefix where one fits exactly: `64 KiB`, `1500 B`. */
export function bytes(value: number): string {
  if (value >= 1024 ** 2 && value % 1024 ** 2 === 0) return `${value / 1024 ** 2} MiB`;
  if (value >= 1024 && value % 1024 === 0) return `${value / 1024} KiB`;
  return `${rounded(value)} B`;
}

function bytesPerSecond(value: number): string {
  for (const [size, name] of BYTES_PER_SECOND) {
    if (value >= size) return `${(value / size).toFixed(2)} ${name}`;
  }
  return `${rounded(value)} B/s`;
}

/** Whole numbers from 100 on, three digits below, no zeros at the end. */
function rounded(value: number): string {
  return String(Math.abs(value) >= 100 ? Math.round(value) : Number(value.toPrecision(3)));
}
