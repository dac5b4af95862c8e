// An experiment and the addresses around it enter; what the daemon is asked to do leaves, or why this engine cannot do it.

import type { Bandwidth, ClockId, ExperimentOf, NetworkFaultSpec } from "../manifest/experiment.ts";
import { externalPeer } from "./external-address.ts";
import type { Exemption, FaultOrder, NetworkFaultOrder } from "./ports.ts";
import { hostAddress } from "./target.ts";

export type Ordered =
  | {
      readonly kind: "order";
      readonly order: FaultOrder;
      /** Names of the daemon's effects that are needed. */
      readonly effects: readonly string[];
    }
  | { readonly kind: "unavailable"; readonly why: string };

type Reorder = Pick<
  Extract<NetworkFaultOrder["act"], { kind: "netem" }>,
  "reorder" | "reorderCorrelation" | "reorderGap"
>;

type Around = { readonly peerIps: readonly string[]; readonly exempt: readonly Exemption[] };

/** The order of a NetworkChaos. A target that selects nobody is refused: to a daemon no peers means every peer. */
export function networkOrder({ network }: ExperimentOf<"NetworkChaos">, around: Around): Ordered {
  const act = actOf(network);
  if (act === undefined)
    return unavailable(`action ${network.action} has no block with its parameters, so nothing would be done`);
  const external = network.externalTargets.map((text) => ({ text, peer: externalPeer(text) }));
  const unread = external.filter(({ peer }) => peer === undefined).map(({ text }) => text);
  if (unread.length > 0) return unavailable(`externalTargets ${unread.join(", ")} are neither addresses nor names`);
  const peers = [...around.peerIps.map(hostAddress), ...external.flatMap(({ peer }) => peer ?? [])];
  const narrowed = network.target !== undefined || external.length > 0;
  if (narrowed && peers.length === 0)
    return unavailable("spec.target selects no running pod, so there is no traffic to disturb");
  const { direction, device } = network;
  const order = {
    kind: "network",
    direction,
    peers,
    exempt: around.exempt,
    act,
    ...(network.resetsConnections && { resetsConnections: true as const }),
    ...(device === undefined ? {} : { device }),
  } as const;
  return { kind: "order", order, effects: effectsOf(network) };
}

/** The order of a PodChaos: a signal to the container's process, or for pod-failure a stop of all of them. */
export function podOrder({ pod }: ExperimentOf<"PodChaos">): Ordered {
  if (pod.action === "pod-failure") return { kind: "order", order: { kind: "freeze" }, effects: ["process-freeze"] };
  const signal = pod.action === "pod-kill" && pod.gracePeriodSeconds > 0 ? "terminate" : "kill";
  return { kind: "order", order: { kind: "process", signal }, effects: ["process-kill"] };
}

/** The daemon's own bound on threads in one container. */
const MOST_WORKERS = 256;

/** The order of a StressChaos: load on the container's own account. What starts no process is no order. */
export function stressOrder({ stress: { cpu, memory } }: ExperimentOf<"StressChaos">): Ordered {
  if (cpu === undefined && memory === undefined) return unavailable("spec.stressors starts no process");
  if (cpu !== undefined && cpu.workers > MOST_WORKERS) {
    return unavailable(`spec.stressors.cpu.workers is ${cpu.workers}, and this engine starts ${MOST_WORKERS} at most`);
  }
  const order = { kind: "pressure", ...(cpu && { cpu }), ...(memory && { memory }) } as const;
  const effects = [...(cpu ? ["cpu-pressure"] : []), ...(memory ? ["memory-pressure"] : [])];
  return { kind: "order", order, effects };
}

/** The clocks of a TimeChaos by their ids in Linux. Those that count CPU time are not there: nothing that tells the time reads them. */
const CLOCKS: Readonly<Partial<Record<ClockId, number>>> = {
  CLOCK_REALTIME: 0,
  CLOCK_MONOTONIC: 1,
  CLOCK_MONOTONIC_RAW: 4,
  CLOCK_REALTIME_COARSE: 5,
  CLOCK_MONOTONIC_COARSE: 6,
  CLOCK_BOOTTIME: 7,
  CLOCK_REALTIME_ALARM: 8,
  CLOCK_BOOTTIME_ALARM: 9,
};

/** The order of a TimeChaos: an offset for each of its clocks. */
export function clockOrder({ clock: { clocks, offsetMs } }: ExperimentOf<"TimeChaos">): Ordered {
  const unskewed = clocks.filter((clock) => CLOCKS[clock] === undefined);
  if (unskewed.length > 0 || clocks.length === 0)
    return unavailable(`clockIds ${unskewed.join(", ")} are not clocks that this engine shifts`.replace("  ", " "));
  if (offsetMs === 0) return unavailable("timeOffset is zero, so there is nothing to shift");
  const mask = clocks.reduce((bits, clock) => bits | (1 << (CLOCKS[clock] ?? 0)), 0);
  return { kind: "order", order: { kind: "clock", clocks: mask, offsetMs }, effects: ["clock-skew"] };
}

function actOf({ action, netem, bandwidth }: NetworkFaultSpec): NetworkFaultOrder["act"] | undefined {
  if (action === "partition") return { kind: "partition" };
  if (action === "bandwidth") return bandwidth === undefined ? undefined : bucketOf(bandwidth);
  const { delay, loss, duplicate, corrupt, rateBytesPerSecond } = netem;
  if (!delay && !loss && !duplicate && !corrupt && !rateBytesPerSecond) return undefined;
  return {
    kind: "netem",
    delayMs: delay?.latencyMs ?? 0,
    jitterMs: delay?.jitterMs ?? 0,
    delayCorrelation: delay?.correlation ?? 0,
    loss: loss?.percent ?? 0,
    lossCorrelation: loss?.correlation ?? 0,
    duplicate: duplicate?.percent ?? 0,
    duplicateCorrelation: duplicate?.correlation ?? 0,
    corrupt: corrupt?.percent ?? 0,
    corruptCorrelation: corrupt?.correlation ?? 0,
    ...reorderOf(delay),
    rate: rateBytesPerSecond ?? 0,
  };
}

/** Nothing overtakes where nothing is delayed, which tc refuses and Chaos Mesh leaves out. */
function reorderOf(delay: NetworkFaultSpec["netem"]["delay"]): Reorder {
  const isDelayed = (delay?.latencyMs ?? 0) > 0;
  const { percent, correlation, gap } = (isDelayed && delay?.reorder) || { percent: 0, correlation: 0, gap: 0 };
  return { reorder: percent, reorderCorrelation: correlation, reorderGap: gap };
}

function bucketOf({ rateBytesPerSecond, limit, buffer, peak }: Bandwidth): NetworkFaultOrder["act"] {
  const { rateBytesPerSecond: peakrate, minburst } = peak ?? { rateBytesPerSecond: 0, minburst: 0 };
  return { kind: "bandwidth", rate: rateBytesPerSecond, limit, buffer, peakrate, minburst };
}

function effectsOf({ action, netem }: NetworkFaultSpec): readonly string[] {
  if (action === "partition" || action === "bandwidth") return [action];
  const named = (["delay", "loss", "duplicate", "corrupt"] as const).filter((effect) => netem[effect] !== undefined);
  return [
    ...named,
    ...(netem.delay?.reorder === undefined ? [] : ["reorder"]),
    ...(netem.rateBytesPerSecond === undefined ? [] : ["rate"]),
  ];
}

function unavailable(why: string): Ordered {
  return { kind: "unavailable", why };
}
