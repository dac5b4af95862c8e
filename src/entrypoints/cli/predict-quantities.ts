// Numbers with units as people type them. Every parser takes the whole word or nothing, and knows no sign.

import { parseRate } from "../../settings/quantities.ts";

const SECONDS: Readonly<Record<string, number>> = { us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 };
const BITS: Readonly<Record<string, number>> = { "": 1, k: 1e3, M: 1e6, G: 1e9 };

/** `500ms`, `1.5s`, `2m` -> seconds. */
export function parseSeconds(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,9})?) ?(us|ms|s|m|h)$/.exec(text);
  const factor = SECONDS[match?.[2] ?? ""];
  return match === null || factor === undefined ? undefined : rounded(Number(match[1]) * factor);
}

/** `1%`, `0.01`, `1e-5` -> a share of 0..1. */
export function parseShare(text: string): number | undefined {
  const match = /^(\d{1,3}(?:\.\d{1,12})?(?:e-\d{1,2})?)(%?)$/.exec(text);
  const value = Number(match?.[1]) / (match?.[2] === "%" ? 100 : 1);
  return match === null || value > 1 ? undefined : value;
}

/** `125MB/s`, `1Gbit/s` -> bytes per second. */
export function parseLink(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?([kMG]?)bit\/s$/.exec(text);
  const factor = BITS[match?.[2] ?? ""];
  return match === null || factor === undefined ? parseRate(text) : (Number(match[1]) * factor) / 8;
}

/** `200` -> 200. */
export function parseCount(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** 502 * 1e-3 is not 0.502 to the last bit; what people type has no more than 15 digits. */
function rounded(value: number): number {
  return Number(value.toPrecision(15));
}
