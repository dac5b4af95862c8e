import type { ClockId, Experiment } from "../manifest/experiment.ts";
import type { Caps } from "./policy.ts";
import type { Remark } from "./remark.ts";

/** Clocks that count from boot; programs measure spans with them and hand their readings to the kernel as moments to wake at. */
const FROM_BOOT: readonly ClockId[] = [
  "CLOCK_MONOTONIC",
  "CLOCK_MONOTONIC_RAW",
  "CLOCK_MONOTONIC_COARSE",
  "CLOCK_BOOTTIME",
  "CLOCK_BOOTTIME_ALARM",
];
/** Waits of a second are common and longer ones are noticed. */
const FELT_MS = 1000;
/** Where the settings have no cap of their own. */
export const CLOCK_SHIFT_CAP_MS = 10_000;

/** The kernel ends waits by its own clock: one that counts from boot, read as another, makes them return at once or very late. */
export function judgeClock(experiment: Experiment, { clockShiftMs }: Pick<Caps, "clockShiftMs">): readonly Remark[] {
  if (experiment.kind !== "TimeChaos") return [];
  const { clocks, offsetMs } = experiment.clock;
  const counting = clocks.filter((clock) => FROM_BOOT.includes(clock));
  const [farMs, capMs] = [Math.abs(offsetMs), clockShiftMs ?? CLOCK_SHIFT_CAP_MS];
  if (counting.length === 0 || farMs <= FELT_MS) return [];
  const path = "spec.timeOffset";
  const shifted = `${counting.join(" and ")} ${counting.length === 1 ? "is" : "are"} shifted by ${seconds(offsetMs)}`;
  if (farMs > capMs) {
    const message = `${shifted}; the policy lets clocks that count from boot be shifted by ${seconds(capMs)} at most.`;
    const fix = `Write ${seconds(capMs).replace(" ", "")} or less, shift CLOCK_REALTIME alone, or let caps.clockShift of the settings say more.`;
    return [{ code: "clock-shift-over-cap", severity: "error", path, message, fix }];
  }
  const waits = offsetMs < 0 ? "return at once, again and again" : "last longer by that";
  const message = `${shifted}, and the kernel ends waits by its own clock: waits until a moment of theirs ${waits}.`;
  const fix = "Nothing to do if that is the experiment; otherwise shift CLOCK_REALTIME alone, or by a second at most.";
  return [{ code: "clock-shift-felt-by-waits", severity: "warning", path, message, fix }];
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(3))} s`;
}
