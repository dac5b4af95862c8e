/** `32.77 MB/s`, `130.55 kB/s`: decimal prefixes, two decimals. */
export function bytesPerSecond(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} GB/s`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(2)} MB/s`;
  return value >= 1e3 ? `${(value / 1e3).toFixed(2)} kB/s` : `${value.toFixed(0)} B/s`;
}

/** `99.60 %` of a ratio of 0..1. */
export function percentOf(ratio: number): string {
  return `${(100 * ratio).toFixed(2)} %`;
}

/** `0.5 ms`, `200 ms`, `1.5 s`: as short as three significant digits allow. */
export function milliseconds(value: number): string {
  return value >= 1000 ? `${short(value / 1000)} s` : `${short(value)} ms`;
}

/** `64 KiB`, `1 MiB`, `1500 B`. */
export function bytes(value: number): string {
  if (value >= 1_048_576 && value % 65_536 === 0) return `${short(value / 1_048_576)} MiB`;
  return value >= 1024 && value % 1024 === 0 ? `${value / 1024} KiB` : `${value} B`;
}

/** Up to three significant digits, without trailing zeros. */
export function short(value: number): string {
  return Number(value.toPrecision(value >= 1000 ? 6 : 3)).toString();
}
