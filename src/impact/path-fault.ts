import type { NetworkFaultSpec } from "../manifest/experiment.ts";

/** What a NetworkChaos does to one round trip between a victim and a peer. */
export type PathFault =
  | { readonly kind: "cut" }
  | {
      readonly kind: "shaped";
      /** Added to a round trip: each one-way trip of it that is delayed counts. */
      readonly addedMs: number;
      /** The added time lies within this of `addedMs`. */
      readonly jitterMs: number;
      /** One-way trips of a round trip that are disturbed: 1, or 2 with `direction: both`. */
      readonly trips: 1 | 2;
      /** Share of packets lost on a disturbed trip; a corrupted packet fails its checksum and counts as lost. */
      readonly lossShare: number;
    };

/** The path's fault, or undefined for an action that has no model here. */
export function pathFaultOf({ action, direction, netem }: NetworkFaultSpec): PathFault | undefined {
  if (action === "partition") return { kind: "cut" };
  if (action === "bandwidth") return undefined;
  const trips = direction === "both" ? 2 : 1;
  const { delay, loss, corrupt } = netem;
  const lossShare = 1 - (1 - shareOf(loss)) * (1 - shareOf(corrupt));
  if (lossShare >= 1) return { kind: "cut" };
  return {
    kind: "shaped",
    addedMs: (delay?.latencyMs ?? 0) * trips,
    jitterMs: (delay?.jitterMs ?? 0) * trips,
    trips,
    lossShare,
  };
}

function shareOf(fault: { readonly percent: number } | undefined): number {
  return Math.min(1, Math.max(0, (fault?.percent ?? 0) / 100));
}
