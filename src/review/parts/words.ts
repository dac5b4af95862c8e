import { bytesPerSecond, milliseconds, short } from "../../impact/units.ts";
import type {
  ClockFaultSpec,
  Experiment,
  FileAct,
  FileFaultSpec,
  Mode,
  NetworkFaultSpec,
  StressFaultSpec,
} from "../../manifest/experiment.ts";
import { isDrawn, type Selection } from "../../selector/selection.ts";
import { lasting } from "../figure.ts";
import type { ReviewedExperiment } from "../review.ts";

const DRAWN = ", drawn at the run";

/** How many pods are hit, or what the mode says while nobody has looked at the cluster. */
export function hits({ selection, experiment }: ReviewedExperiment): string {
  if (experiment.timeline !== undefined) return "the pods that each of its templates selects";
  if (selection === undefined) return modeInWords(experiment.mode, "matching pod");
  return podsOf(selection);
}

/** `3 of 10 matching pods (30 %), drawn at the run`. */
export function podsOf(selection: Selection): string {
  const { count, matched } = selection;
  const [least, most] = [count.least, count.most].map((hit) => short((100 * hit) / matched.length));
  const share = matched.length === 0 ? "" : ` (${least === most ? most : `${least} to ${most}`} %)`;
  return `${between(count)} of ${pods(matched.length, "matching pod")}${share}${isDrawn(selection) ? DRAWN : ""}`;
}

/** `5 pods`, or `2 to 5 pods, drawn at the run`: all that several experiments hit together. */
export function hitsTogether(selections: readonly Selection[]): string {
  const sum = (of: (selection: Selection) => number) =>
    selections.reduce((total, selection) => total + of(selection), 0);
  const [least, most] = [sum(({ count }) => count.least), sum(({ count }) => count.most)];
  const drawn = selections.filter(isDrawn).length;
  const how = drawn === 0 ? "" : drawn === selections.length ? DRAWN : ", some drawn at the run";
  return `${between({ least, most })} ${most === 1 ? "pod" : "pods"}${how}`;
}

/** `3`, or `0 to 3`. */
export function between({ least, most }: { readonly least: number; readonly most: number }): string {
  return least === most ? String(most) : `${least} to ${most}`;
}

/** The peers of a NetworkChaos; empty where it names none. */
export function peers({ selection, experiment }: ReviewedExperiment): string {
  if (experiment.kind !== "NetworkChaos") return "";
  const { target, externalTargets } = experiment.network;
  const external = externalTargets.length === 0 ? [] : [pods(externalTargets.length, "external target")];
  const inside =
    target === undefined
      ? []
      : [selection === undefined ? modeInWords(target.mode, "peer pod") : peerPods(target.mode, selection)];
  return [...inside, ...external].join(" and ");
}

/** What the fault is: `delay 500 ms ± 50 ms`. */
export function fault(experiment: Experiment): string {
  switch (experiment.kind) {
    case "NetworkChaos":
      return networkFault(experiment.network);
    case "PodChaos":
      return experiment.pod.action;
    case "StressChaos":
      return stressFault(experiment.stress);
    case "IOChaos":
      return fileFault(experiment.io);
    case "TimeChaos":
      return clockFault(experiment.clock);
    case "Other":
      return experiment.chaosKind;
  }
}

function stressFault({ cpu, memory }: StressFaultSpec): string {
  const cores = cpu === undefined ? [] : [`CPU load ${cpu.workers} × ${short(cpu.load)} %`];
  const size = memory === undefined ? [] : [`memory ${sizeInWords(memory)}`];
  return [...cores, ...size].join(" and ") || "a stress of nothing";
}

function sizeInWords(size: NonNullable<StressFaultSpec["memory"]>): string {
  return size.kind === "percent" ? `${short(size.percent)} % of the limit` : `${short(size.bytes / 1e6)} MB`;
}

/** `file latency 100 ms on /data (read, 50 %)`. */
function fileFault({ act, volumePath, path, methods, percent }: FileFaultSpec): string {
  const which = [...methods, ...(path === "" ? [] : [path]), ...(percent === 100 ? [] : [`${short(percent)} %`])];
  return `file ${fileAct(act)} on ${volumePath}${which.length === 0 ? "" : ` (${which.join(", ")})`}`;
}

function fileAct(act: FileAct): string {
  switch (act.kind) {
    case "latency":
      return `latency ${milliseconds(act.delayMs)}`;
    case "fault":
      return `errno ${act.errno}`;
    case "attrOverride":
      return "wrong attributes";
    case "mistake":
      return "wrong bytes";
  }
}

/** `clock +10 min`, or `clock -150 ms (CLOCK_MONOTONIC)`. */
function clockFault({ offsetMs, clocks }: ClockFaultSpec): string {
  const sign = offsetMs < 0 ? "-" : "+";
  const far = Math.abs(offsetMs);
  const which = clocks.length === 1 && clocks[0] === "CLOCK_REALTIME" ? "" : ` (${clocks.join(", ")})`;
  return `clock ${sign}${lasting(far)}${which}`;
}

/** How long the fault stays: `for 30 s, capped from 5 min`. */
export function length({ effectiveDurationMs, cappedFromMs, experiment }: ReviewedExperiment): string {
  if (experiment.kind === "PodChaos" && effectiveDurationMs === undefined) return "once";
  if (effectiveDurationMs === undefined) return "without an end";
  const capped = cappedFromMs === undefined ? "" : `, capped from ${lasting(cappedFromMs)}`;
  return `for ${lasting(effectiveDurationMs)}${capped}`;
}

/** Ten blocks, one for each tenth of the matching pods that may be hit; any hit at all shows. */
export function gauge({ matched, count }: Selection): string {
  const share = matched.length === 0 ? 0 : count.most / matched.length;
  const full = Math.min(10, Math.ceil(share * 10));
  return "▰".repeat(full) + "▱".repeat(10 - full);
}

/** `1 pod`, `3 pods`. */
export function pods(count: number, noun = "pod"): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** What a mode takes of pods that nobody has counted. */
export function modeInWords(mode: Mode, noun: string): string {
  switch (mode.kind) {
    case "one":
      return `1 ${noun}${DRAWN}`;
    case "all":
      return `every ${noun}`;
    case "fixed":
      return `up to ${pods(mode.count, noun)}${DRAWN}`;
    case "fixed-percent":
      return `${mode.percent} % of the ${noun}s, rounded up${mode.percent < 100 ? DRAWN : ""}`;
    case "random-max-percent":
      return `0 to ${mode.percent} % of the ${noun}s${DRAWN}`;
  }
}

/** Even the number of peers is chance under `random-max-percent`. */
function peerPods(mode: Mode, { peers: chosen }: Selection): string {
  if (mode.kind === "random-max-percent") return modeInWords(mode, "peer pod");
  return `${pods(chosen.length, "peer pod")}${mode.kind === "all" ? "" : DRAWN}`;
}

function networkFault({ action, netem, bandwidth, direction }: NetworkFaultSpec): string {
  const { delay, loss, duplicate, corrupt, rateBytesPerSecond } = netem;
  const parts = [
    ...(delay === undefined
      ? []
      : [`delay ${milliseconds(delay.latencyMs)}${jitter(delay.jitterMs)}${reorder(delay)}`]),
    ...(loss === undefined ? [] : [`loss ${short(loss.percent)} %`]),
    ...(duplicate === undefined ? [] : [`duplicate ${short(duplicate.percent)} %`]),
    ...(corrupt === undefined ? [] : [`corrupt ${short(corrupt.percent)} %`]),
    ...(rateBytesPerSecond === undefined ? [] : [`rate ${bytesPerSecond(rateBytesPerSecond)}`]),
    ...(bandwidth === undefined ? [] : [`bandwidth ${bytesPerSecond(bandwidth.rateBytesPerSecond)}`]),
  ];
  const what = action === "partition" || parts.length === 0 ? action : parts.join(", ");
  return direction === "both" ? `${what}, both ways` : what;
}

function reorder({ reorder: found }: NonNullable<NetworkFaultSpec["netem"]["delay"]>): string {
  if (found === undefined || found.percent === 0) return "";
  return `, ${short(found.percent)} % of ${found.gap > 1 ? `every ${found.gap}th packet` : "packets"} overtaking`;
}

function jitter(ms: number): string {
  return ms === 0 ? "" : ` ± ${milliseconds(ms)}`;
}
