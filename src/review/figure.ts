import { bytes, bytesPerSecond, milliseconds, percentOf, short } from "../impact/units.ts";
import type { Bound, Objective } from "../slo/objective.ts";
import { visible } from "./escape.ts";

/** A value with its unit, as a person reads it. A unit that is not known is shown as it is. */
export function figure(value: number, unit: string): string {
  switch (unit) {
    case "B/s":
      return bytesPerSecond(value);
    case "B":
      return bytes(value);
    case "ratio":
      return percentOf(value);
    case "ms":
      return signedMilliseconds(value);
    case "s":
    case "seconds":
      return signedMilliseconds(value * 1000);
    case "1/s":
    case "per-second":
      return `${short(value)}/s`;
    case "":
    case "count":
      return short(value);
    default:
      return `${short(value)} ${visible(unit)}`;
  }
}

/** `below 2 %`. */
export function boundOf({ kind, value }: Bound, unit: Objective["unit"]): string {
  return `${kind} ${promise(value, unit)}`;
}

/** Seconds with one decimal after a moment: `+14.2 s`. */
export function since(start: number, at: number): string {
  return `+${((at - start) / 1000).toFixed(1)} s`;
}

/** How long something takes or took: `30 s`, `5 min`. */
export function lasting(ms: number): string {
  return ms >= 60_000 && ms % 60_000 === 0 ? `${ms / 60_000} min` : milliseconds(ms);
}

/** A promise is written by people, so it is shown without the decimals that a measurement has. */
function promise(value: number, unit: Objective["unit"]): string {
  return unit === "ratio" ? `${short(value * 100)} %` : figure(value, unit);
}

function signedMilliseconds(value: number): string {
  return value < 0 ? `-${milliseconds(-value)}` : milliseconds(value);
}
