import type { FaultedCall } from "./calls.ts";
import type { PacketFault } from "./fault.ts";
import type { Input } from "./prediction.ts";
import type { CallModel } from "./service-model.ts";

/** Half a millisecond is an ordinary round trip between two pods of one zone; every figure made from it says `default`. */
const DEFAULT_RTT_MS = 0.5;
/** Linux's first receive window without a larger buffer: 65,535 bytes rounded to what the seed document calls 64 KB. */
const DEFAULT_WINDOW_BYTES = 65_536;

export const MSS_BYTES: Input = { name: "MSS", value: 1448, unit: "B", from: "default" };

export function rttOf({ call }: FaultedCall): Input {
  const { rttMs } = call;
  return rttMs === undefined
    ? { name: "round trip", value: DEFAULT_RTT_MS, unit: "ms", from: "default" }
    : { name: "round trip", value: rttMs, unit: "ms", from: "settings" };
}

export function windowOf({ call }: FaultedCall): Input {
  const { windowBytes } = call;
  return windowBytes === undefined
    ? { name: "TCP window", value: DEFAULT_WINDOW_BYTES, unit: "B", from: "default" }
    : { name: "TCP window", value: windowBytes, unit: "B", from: "settings" };
}

/** Without a figure in the settings the call's own time is left out: what is predicted then comes from the fault alone. */
export function serviceTimeOf({ serviceTimeMs }: CallModel): Input {
  return {
    name: "service time",
    value: serviceTimeMs ?? 0,
    unit: "ms",
    from: serviceTimeMs === undefined ? "default" : "settings",
  };
}

export function fractionOf(fraction: number): Input {
  return { name: "calls that meet the fault", value: fraction, unit: "ratio", from: "manifest" };
}

export function delayOf({ delayMs }: PacketFault): Input {
  return { name: "delay of a round trip", value: delayMs, unit: "ms", from: "manifest" };
}

export function jitterOf({ jitterMs }: PacketFault): Input {
  return { name: "jitter of a round trip", value: jitterMs, unit: "ms", from: "manifest" };
}

export function fromSettings(name: string, value: number, unit: string): Input {
  return { name, value, unit, from: "settings" };
}
