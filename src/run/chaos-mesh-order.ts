// What an installation of Chaos Mesh is asked for: one object for each victim, its spec as it was reviewed but for two fields. The
// selector names the one pod that was resolved, because Chaos Mesh would draw others, and the duration is the run's, because it is all
// that ends such a fault when nobody is there any more.

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

/** The order of a spec as written; kills have nothing that could be taken back, and the builtin engine does them. */
export function chaosMeshOrder(written: WrittenSpec | undefined): Ordered {
  if (written === undefined) return unavailable("the runner does not use Chaos Mesh: CHAOSGATE_CHAOS_MESH is off");
  const { kind, spec } = written;
  if (CHAOS_MESH_KINDS[kind] === undefined) return unavailable(`${kind} is not run by the chaos-mesh engine`);
  if (kind === "PodChaos" && spec.action !== "pod-failure")
    return unavailable(`${String(spec.action)} leaves nothing to recover: the chaos-mesh engine runs pod-failure only`);
  const { selector: _, mode: __, value: ___, duration: ____, ...rest } = spec;
  return { kind: "order", order: { kind: "chaos-mesh", chaosKind: kind, spec: rest }, effects: [kind] };
}

function unavailable(why: string): Ordered {
  return { kind: "unavailable", why };
}
