import { milliseconds, short } from "../../impact/units.ts";
import type { Experiment, Mode, NetworkFaultSpec } from "../../manifest/experiment.ts";
import type { Selection } from "../../selector/selection.ts";
import { lasting } from "../figure.ts";
import type { ReviewedExperiment } from "../review.ts";

/** `3 of 10 matching pods (30 %)`, or what the mode says while nobody has looked at the cluster. */
export function hits({ selection, experiment }: ReviewedExperiment): string {
  if (selection === undefined) return modeInWords(experiment.mode);
  const { count, matched, selected } = selection;
  const share = matched.length === 0 ? "" : ` (${short((100 * selected.length) / matched.length)} %)`;
  const drawn = `${selected.length} of ${pods(matched.length, "matching pod")}${share}`;
  return count.least === count.most ? drawn : `${drawn}; the mode draws ${count.least} to ${count.most}`;
}

/** The peers of a NetworkChaos; empty where it names none. */
export function peers({ selection, experiment }: ReviewedExperiment): string {
  if (experiment.kind !== "NetworkChaos") return "";
  const { target, externalTargets } = experiment.network;
  const external = externalTargets.length === 0 ? [] : [pods(externalTargets.length, "external target")];
  const inside =
    target === undefined
      ? []
      : [selection === undefined ? peersByMode(target.mode) : pods(selection.peers.length, "peer pod")];
  return [...inside, ...external].join(" and ");
}

/** What the fault is: `delay 500 ms ± 50 ms`. */
export function fault(experiment: Experiment): string {
  switch (experiment.kind) {
    case "NetworkChaos":
      return networkFault(experiment.network);
    case "PodChaos":
      return experiment.pod.action;
    case "Other":
      return experiment.chaosKind;
  }
}

/** How long the fault stays: `for 30 s, capped from 5 min`. */
export function length({ effectiveDurationMs, cappedFromMs, experiment }: ReviewedExperiment): string {
  if (experiment.kind === "PodChaos" && effectiveDurationMs === undefined) return "once";
  if (effectiveDurationMs === undefined) return "without an end";
  const capped = cappedFromMs === undefined ? "" : `, capped from ${lasting(cappedFromMs)}`;
  return `for ${lasting(effectiveDurationMs)}${capped}`;
}

/** Ten blocks, one for each tenth of the matching pods that is hit; any hit at all shows. */
export function gauge({ matched, selected }: Selection): string {
  const share = matched.length === 0 ? 0 : selected.length / matched.length;
  const full = Math.min(10, Math.ceil(share * 10));
  return "▰".repeat(full) + "▱".repeat(10 - full);
}

/** `1 pod`, `3 pods`. */
export function pods(count: number, noun = "pod"): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function modeInWords(mode: Mode): string {
  switch (mode.kind) {
    case "one":
      return "1 matching pod";
    case "all":
      return "every matching pod";
    case "fixed":
      return `up to ${pods(mode.count, "matching pod")}`;
    case "fixed-percent":
      return `${mode.percent} % of the matching pods, rounded up`;
    case "random-max-percent":
      return `0 to ${mode.percent} % of the matching pods, drawn at the run`;
  }
}

function peersByMode(mode: Mode): string {
  return `${modeInWords(mode)} of the target`;
}

function networkFault({ action, netem, direction }: NetworkFaultSpec): string {
  const { delay, loss, duplicate, corrupt } = netem;
  const parts = [
    ...(delay === undefined ? [] : [`delay ${milliseconds(delay.latencyMs)}${jitter(delay.jitterMs)}`]),
    ...(loss === undefined ? [] : [`loss ${short(loss.percent)} %`]),
    ...(duplicate === undefined ? [] : [`duplicate ${short(duplicate.percent)} %`]),
    ...(corrupt === undefined ? [] : [`corrupt ${short(corrupt.percent)} %`]),
  ];
  const what = action === "partition" || parts.length === 0 ? action : parts.join(", ");
  return direction === "both" ? `${what}, both ways` : what;
}

function jitter(ms: number): string {
  return ms === 0 ? "" : ` ± ${milliseconds(ms)}`;
}
