import type { ObjectShape } from "../shape/shape.ts";
import { NETWORK_CHAOS } from "./network-chaos.ts";
import { OPEN_KIND, OPEN_OTHER_KINDS, OPEN_POD_CHAOS_KINDS, openPodChaos } from "./open-kinds.ts";
import { POD_CHAOS } from "./pod-chaos.ts";
import { SCHEDULE } from "./schedule.ts";

/** The API version that every kind of Chaos Mesh 2 has. */
export const API_VERSION = "chaos-mesh.org/v1alpha1";

const SPECS: ReadonlyMap<string, ObjectShape> = new Map([
  ["NetworkChaos", NETWORK_CHAOS],
  ["PodChaos", POD_CHAOS],
  ["Schedule", SCHEDULE],
  ...OPEN_POD_CHAOS_KINDS.map((kind) => [kind, openPodChaos(kind)] as const),
  ...OPEN_OTHER_KINDS.map((kind) => [kind, OPEN_KIND] as const),
]);

/** Every kind of chaos-mesh.org/v1alpha1. */
export const KINDS: readonly string[] = [...SPECS.keys()];

/** The shape of a kind's spec, or undefined for a kind that Chaos Mesh does not have. */
export function specOf(kind: string): ObjectShape | undefined {
  return SPECS.get(kind);
}

/** True for kinds that hit pods with a selector and a mode of their own. */
export function hitsPods(kind: string): boolean {
  return kind === "NetworkChaos" || kind === "PodChaos" || OPEN_POD_CHAOS_KINDS.includes(kind);
}

/** True where the kind alone says that a document belongs to Chaos Mesh, whatever its apiVersion claims. */
export function isChaosByName(kind: string): boolean {
  return kind.endsWith("Chaos") && SPECS.has(kind);
}
