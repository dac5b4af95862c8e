// What an installation of Chaos Mesh is asked for: one object for each victim, its spec as it was reviewed but for three fields.
// Selector and target name the pods that were resolved, because Chaos Mesh would draw others, and the duration is the run's, because it
// is all that ends such a fault when nobody is there any more.

import type { WrittenSpec } from "../manifest/written.ts";
import type { Ordered } from "./order.ts";

/** An object of Chaos Mesh for one victim; the engine adds whom it hits and for how long. */
export type ChaosMeshOrder = {
  readonly kind: "chaos-mesh";
  readonly chaosKind: string;
  readonly spec: Readonly<Record<string, unknown>>;
};

/** `attested`: nothing was measured, and an engine's own word stands for it; `how` says whose. */
export type Felt = {
  readonly measured: boolean;
  readonly felt: boolean;
  readonly how: string;
  readonly attested?: true;
};

/** Stands where a daemon's node does: one controller does it all. */
export const CHAOS_MESH_NODE = "chaos-mesh";

/** Kinds that hit pods, can be taken back, and of which Chaos Mesh keeps a record per pod. */
export const CHAOS_MESH_KINDS: Readonly<Record<string, string>> = {
  BlockChaos: "blockchaos",
  DNSChaos: "dnschaos",
  HTTPChaos: "httpchaos",
  IOChaos: "iochaos",
  JVMChaos: "jvmchaos",
  KernelChaos: "kernelchaos",
  NetworkChaos: "networkchaos",
  PodChaos: "podchaos",
  StressChaos: "stresschaos",
  TimeChaos: "timechaos",
};

/** A pod that may be at the other end. */
export type MeshPeer = { readonly namespace: string; readonly name: string };

/**
 * The order of a spec as written, with the peers that were judged; kills have nothing that could be taken back, and the builtin engine
 * does them.
 */
export function chaosMeshOrder(written: WrittenSpec | undefined, peers: readonly MeshPeer[] = []): Ordered {
  if (written === undefined) return unavailable("the runner does not use Chaos Mesh: CHAOSGATE_CHAOS_MESH is off");
  const { kind, spec } = written;
  if (CHAOS_MESH_KINDS[kind] === undefined) return unavailable(`${kind} is not run by the chaos-mesh engine`);
  if (kind === "PodChaos" && spec.action !== "pod-failure")
    return unavailable(`${String(spec.action)} leaves nothing to recover: the chaos-mesh engine runs pod-failure only`);
  const unjudged = whyUnjudged(kind, spec, peers);
  if (unjudged !== undefined) return unavailable(unjudged);
  const { selector: _, mode: __, value: ___, duration: ____, ...rest } = spec;
  const pinned = peersOf(kind, spec) === undefined ? rest : { ...rest, target: pinnedTo(peers) };
  return { kind: "order", order: { kind: "chaos-mesh", chaosKind: kind, spec: pinned }, effects: [kind] };
}

/** Consent, caps and labels were asked of the victims alone: whatever would change other pods, or another cluster, is not left to it. */
function whyUnjudged(kind: string, spec: WrittenSpec["spec"], peers: readonly MeshPeer[]): string | undefined {
  // Chaos Mesh's own default is an empty name, which is none.
  if ((spec.remoteCluster ?? "") !== "")
    return "remoteCluster names another cluster, whose owners nobody asked: take it out, or run it there";
  if (kind !== "NetworkChaos") return undefined;
  const direction = spec.direction ?? "to";
  if (direction !== "to")
    return `direction ${String(direction)} makes Chaos Mesh change the target's pods, too, whose consent and caps were not asked for: write direction: to, or let the builtin engine do it`;
  return peersOf(kind, spec) !== undefined && peers.length === 0 ? "the target matches no pod" : undefined;
}

/** HTTPChaos has a target as well, which is a word. */
function peersOf(kind: string, { target }: WrittenSpec["spec"]): unknown {
  return kind === "NetworkChaos" ? (target ?? undefined) : undefined;
}

/** Chaos Mesh would draw others at its own time. */
function pinnedTo(peers: readonly MeshPeer[]): object {
  const byNamespace = Map.groupBy(peers, ({ namespace }) => namespace);
  const pods = Object.fromEntries([...byNamespace].map(([one, all]) => [one, all.map(({ name }) => name)]));
  return { mode: "all", selector: { pods } };
}

function unavailable(why: string): Ordered {
  return { kind: "unavailable", why };
}
