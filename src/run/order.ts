// An experiment and the addresses around it enter; what the daemon is asked to do leaves, or why this engine cannot do it.

import type { ExperimentOf, NetworkFaultSpec } from "../manifest/experiment.ts";
import { externalAddress } from "./external-address.ts";
import type { NetworkFaultOrder, PeerAddress, ProcessFaultOrder } from "./ports.ts";
import { hostAddress } from "./target.ts";

export type Ordered =
  | {
      readonly kind: "order";
      readonly order: NetworkFaultOrder | ProcessFaultOrder;
      /** Names of the daemon's effects that are needed. */
      readonly effects: readonly string[];
    }
  | { readonly kind: "unavailable"; readonly why: string };

type Around = { readonly peerIps: readonly string[]; readonly exempt: readonly PeerAddress[] };

/** The order of a NetworkChaos. A target that selects nobody is refused: to a daemon no peers means every peer. */
export function networkOrder({ network }: ExperimentOf<"NetworkChaos">, around: Around): Ordered {
  const act = actOf(network);
  if (act === undefined) return unavailable(`action ${network.action} is not available on this engine yet`);
  const external = network.externalTargets.map((text) => ({ text, address: externalAddress(text) }));
  const unread = external.filter(({ address }) => address === undefined).map(({ text }) => text);
  if (unread.length > 0) {
    return unavailable(
      `externalTargets ${unread.join(", ")} are not addresses, and names are not resolved on this engine yet`,
    );
  }
  const peers = [...around.peerIps.map(hostAddress), ...external.flatMap(({ address }) => address ?? [])];
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
    ...(device === undefined ? {} : { device }),
  } as const;
  return { kind: "order", order, effects: effectsOf(network) };
}

/** The order of a PodChaos: a signal to the container's process. */
export function podOrder({ pod }: ExperimentOf<"PodChaos">): Ordered {
  if (pod.action === "pod-failure") {
    return unavailable(
      "pod-failure is not available on this engine yet: use pod-kill, or a partition for an unreachable pod",
    );
  }
  const signal = pod.action === "pod-kill" && pod.gracePeriodSeconds > 0 ? "terminate" : "kill";
  return { kind: "order", order: { kind: "process", signal }, effects: ["process-kill"] };
}

function actOf({ action, netem }: NetworkFaultSpec): NetworkFaultOrder["act"] | undefined {
  if (action === "partition") return { kind: "partition" };
  if (action === "bandwidth") return undefined;
  const { delay, loss, duplicate, corrupt } = netem;
  if (!delay && !loss && !duplicate && !corrupt) return undefined;
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
  };
}

function effectsOf({ action, netem }: NetworkFaultSpec): readonly string[] {
  if (action === "partition") return ["partition"];
  return (["delay", "loss", "duplicate", "corrupt"] as const).filter((effect) => netem[effect] !== undefined);
}

function unavailable(why: string): Ordered {
  return { kind: "unavailable", why };
}
