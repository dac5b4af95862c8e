// The inputs of the model with where each came from: the settings first, then what the cluster says, then a documented default.
// What has no default is absent, never invented.

import { autotunedWindow, DEFAULT_BUFFERS } from "./autotuning.ts";
import type { FaultedCall } from "./calls.ts";
import type { PacketFault } from "./fault.ts";
import type { Input } from "./prediction.ts";

/** Half a millisecond is an ordinary round trip between two pods of one zone; every figure made from it says `default`. */
const DEFAULT_RTT_MS = 0.5;

export const MSS_BYTES: Input = {
  name: "MSS",
  value: 1448,
  unit: "B",
  from: "default",
  at: "1500 less 40 of headers and 12 of timestamps",
};

export function rttOf(faulted: FaultedCall): Input {
  const { rttMs } = faulted.call;
  return rttMs === undefined
    ? { name: "round trip", value: DEFAULT_RTT_MS, unit: "ms", from: "default", at: "two pods of one zone" }
    : ofCall(faulted, "round trip", rttMs, "ms", "rtt");
}

/** A window with the range that it may have. */
export type WindowInput = { readonly input: Input; readonly interval: readonly [low: number, high: number] };

/** The window of the settings is fixed; else it is what autotuning reaches with the nodes' buffers, or with Linux's. */
export function windowOf(faulted: FaultedCall): WindowInput {
  const { call, tcp } = faulted;
  if (call.windowBytes !== undefined) {
    const input = ofCall(faulted, "TCP window", call.windowBytes, "B", "window");
    return { input, interval: [call.windowBytes, call.windowBytes] };
  }
  const live = tcp === undefined ? undefined : autotunedWindow(tcp);
  const found = live?.kind === "window" ? live : autotunedWindow(DEFAULT_BUFFERS);
  const [value, interval] = found.kind === "window" ? [found.bytes, found.interval] : [0, [0, 0] as const];
  const at =
    live?.kind === "window" ? `tcp_rmem and tcp_wmem of ${tcp?.nodes.join(", ")}` : "Linux's tcp_rmem, ip-sysctl.rst";
  const from = live?.kind === "window" ? "live" : "default";
  return { input: { name: "TCP window", value, unit: "B", from, at }, interval };
}

/** Requests per second of the caller; absent where nobody knows. */
export function rateOf({ caller, facts }: Pick<FaultedCall, "caller" | "facts">): Input | undefined {
  const { name, ratePerSecond } = caller;
  if (ratePerSecond !== undefined) return fromSettings("arrival rate", ratePerSecond, "1/s", `services.${name}.rate`);
  const live = facts?.ratePerSecond;
  return live && { name: "arrival rate", value: live.value, unit: "1/s", from: "live", at: live.query };
}

/** Without a figure the call's own time is left out: what is predicted then comes from the fault alone. */
export function serviceTimeOf(faulted: FaultedCall): Input {
  const { call, facts } = faulted;
  if (call.serviceTimeMs !== undefined) return ofCall(faulted, "service time", call.serviceTimeMs, "ms", "serviceTime");
  const live = facts?.callSeconds[call.to];
  return live === undefined
    ? { name: "service time", value: 0, unit: "ms", from: "default", at: "left out: the fault alone" }
    : { name: "service time", value: 1000 * live.value, unit: "ms", from: "live", at: live.query };
}

export function fractionOf(fraction: number): Input {
  return { name: "calls that meet the fault", value: fraction, unit: "ratio", from: "manifest", at: "spec.mode" };
}

export function delayOf({ delayMs }: PacketFault): Input {
  return { name: "delay of a round trip", value: delayMs, unit: "ms", from: "manifest", at: "spec.delay.latency" };
}

export function jitterOf({ jitterMs }: PacketFault): Input {
  return { name: "jitter of a round trip", value: jitterMs, unit: "ms", from: "manifest", at: "spec.delay.jitter" };
}

export function lossOf({ loss }: PacketFault): Input {
  return { name: "loss", value: loss, unit: "ratio", from: "manifest", at: "spec.loss.loss" };
}

/** What the settings say of a call. */
export function ofCall({ caller, call }: FaultedCall, name: string, value: number, unit: string, key: string): Input {
  return fromSettings(name, value, unit, `services.${caller.name}.calls[to: ${call.to}].${key}`);
}

export function fromSettings(name: string, value: number, unit: string, at: string): Input {
  return { name, value, unit, from: "settings", at };
}

export function fromCluster(name: string, value: number, unit: string, at: string): Input {
  return { name, value, unit, from: "live", at };
}
