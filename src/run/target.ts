import type { FaultOrder, PeerAddress, PodAddress, VictimRef } from "./ports.ts";

/** One container that a fault will hit, and where its daemon is. */
export type Victim = {
  readonly faultId: string;
  readonly node: string;
  readonly ref: VictimRef;
};

/** What a run will do, to whom: resolved once from a snapshot, and the only thing that injection looks at. */
export type Target = {
  readonly victims: readonly Victim[];
  readonly order: FaultOrder;
  /** Names of the daemon's effects that every node of a victim must have. */
  readonly effects: readonly string[];
  /** Nothing to hold up and nothing to undo: a process that is killed stays killed. */
  readonly oneShot: boolean;
  readonly namespaces: readonly string[];
  readonly matchedPods: number;
  /** Where connect times are measured from and to; absent when there is no peer or no replica to compare with. */
  readonly probe?: { readonly victim: VictimRef; readonly control: VictimRef; readonly peer: PodAddress };
};

/** Nodes that hold a victim, each once. */
export function nodesOf({ victims }: Target): readonly string[] {
  return [...new Set(victims.map(({ node }) => node))];
}

/** An address as the daemon wants it: one host, every port. */
export function hostAddress(ip: string): PeerAddress {
  return { cidr: ip.includes("/") ? ip : `${ip}/${ip.includes(":") ? 128 : 32}`, port: 0 };
}
