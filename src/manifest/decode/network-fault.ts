import type { Bandwidth, Direction, Netem, NetworkAction, NetworkFaultSpec, Target } from "../experiment.ts";
import { NETWORK_ACTIONS } from "../kinds/network-chaos.ts";
import { parseGoDuration } from "../text/go-duration.ts";
import { parseFloat32 } from "../text/go-number.ts";
import { bytesPerSecond } from "../text/rate.ts";
import { at, type Located, numberAt, textAt } from "../yaml/node.ts";
import { modeOf, selectorOf } from "./selector.ts";
import { textsOf } from "./texts.ts";

/** What an accepted NetworkChaos does to packets, in numbers. */
export function networkFaultOf(spec: Located | undefined, namespace: string): NetworkFaultSpec {
  const action = actionOf(spec);
  const target = at(spec, "target");
  const device = textAt(spec, "device")?.split("@")[0];
  return {
    action,
    direction: directionOf(spec),
    ...(target === undefined ? {} : { target: targetOf(target, namespace) }),
    externalTargets: textsOf(at(spec, "externalTargets")),
    ...(device ? { device } : {}),
    netem: action === "partition" || action === "bandwidth" ? {} : netemOf(spec),
    ...(action === "bandwidth" ? bandwidthOf(at(spec, "bandwidth")) : {}),
  };
}

function actionOf(spec: Located | undefined): NetworkAction {
  const written = textAt(spec, "action");
  const action = NETWORK_ACTIONS.find((known) => known === written);
  if (action === undefined) throw new Error(`a NetworkChaos with the action ${written} was not refused`);
  return action;
}

function directionOf(spec: Located | undefined): Direction {
  const written = textAt(spec, "direction");
  return written === "from" || written === "both" ? written : "to";
}

function targetOf(target: Located, namespace: string): Target {
  return { selector: selectorOf(at(target, "selector"), namespace), mode: modeOf(target) };
}

/** Chaos Mesh applies every block that is there, whichever of them the action names. */
function netemOf(spec: Located | undefined): Netem {
  const delay = at(spec, "delay");
  return {
    ...(delay === undefined ? {} : { delay: delayOf(delay) }),
    ...percentageBlock(spec, "loss"),
    ...percentageBlock(spec, "duplicate"),
    ...percentageBlock(spec, "corrupt"),
    ...rateOf(textAt(at(spec, "rate"), "rate")),
  };
}

function rateOf(written: string | undefined): Netem {
  const rate = bytesPerSecond(written ?? "");
  return rate === undefined ? {} : { rateBytesPerSecond: rate };
}

/** Nothing where the block is missing: the cluster admits that, and it is a finding of its own. */
function bandwidthOf(block: Located | undefined): { readonly bandwidth?: Bandwidth } {
  const rate = bytesPerSecond(textAt(block, "rate") ?? "");
  if (block === undefined || rate === undefined) return {};
  const [peakrate = 0, minburst = 0] = [numberAt(block, "peakrate"), numberAt(block, "minburst")];
  const peak = { rateBytesPerSecond: peakrate, minburst };
  return {
    bandwidth: {
      rateBytesPerSecond: rate,
      limit: numberAt(block, "limit") ?? 0,
      buffer: numberAt(block, "buffer") ?? 0,
      ...(peakrate > 0 && minburst > 0 ? { peak } : {}),
    },
  };
}

function delayOf(delay: Located): NonNullable<Netem["delay"]> {
  return {
    latencyMs: parseGoDuration(textAt(delay, "latency") ?? "") ?? 0,
    jitterMs: parseGoDuration(textAt(delay, "jitter") ?? "") ?? 0,
    correlation: percentOf(delay, "correlation"),
    ...reorderOf(at(delay, "reorder")),
  };
}

function reorderOf(block: Located | undefined): Pick<NonNullable<Netem["delay"]>, "reorder"> {
  if (block === undefined) return {};
  const gap = Math.max(0, numberAt(block, "gap") ?? 0);
  return { reorder: { percent: percentOf(block, "reorder"), correlation: percentOf(block, "correlation"), gap } };
}

function percentageBlock(spec: Located | undefined, name: "loss" | "duplicate" | "corrupt"): Netem {
  const block = at(spec, name);
  if (block === undefined) return {};
  return { [name]: { percent: percentOf(block, name), correlation: percentOf(block, "correlation") } };
}

/** Admission has no bounds, tc has: what is outside 0..100 is a finding of its own and is cut here. */
function percentOf(block: Located, name: string): number {
  const percent = parseFloat32(textAt(block, name) ?? "") ?? 0;
  return Number.isNaN(percent) ? 0 : Math.min(100, Math.max(0, percent));
}
