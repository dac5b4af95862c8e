import type { ExperimentOf, NetworkFaultSpec } from "../manifest/experiment.ts";

/** A network fault as the model sees it: what one packet, one handshake and one round trip suffer. */
export type PacketFault = {
  /** Mean delay a round trip gains, ms. */
  readonly delayMs: number;
  readonly jitterMs: number;
  /** How often one round trip passes the delay: once for to or from, twice for both. */
  readonly passes: 1 | 2;
  /** Share of packets that never arrive intact, 0..1, per pass. */
  readonly loss: number;
  readonly partition: boolean;
  readonly direction: NetworkFaultSpec["direction"];
};

/** Damaged packets fail TCP's checksum and count as lost. */
export function packetFaultOf({ network }: ExperimentOf<"NetworkChaos">): PacketFault {
  const { delay, loss, corrupt } = network.netem;
  const arrives = (1 - share(loss?.percent)) * (1 - share(corrupt?.percent));
  const passes = passesOf(network);
  return {
    delayMs: (delay?.latencyMs ?? 0) * passes,
    jitterMs: (delay?.jitterMs ?? 0) * passes,
    passes,
    loss: 1 - arrives,
    partition: network.action === "partition",
    direction: network.direction,
  };
}

function passesOf({ direction }: NetworkFaultSpec): 1 | 2 {
  return direction === "both" ? 2 : 1;
}

function share(percent = 0): number {
  return Math.min(100, Math.max(0, percent)) / 100;
}
