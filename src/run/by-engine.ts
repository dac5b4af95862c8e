import { CHAOS_MESH_NODE } from "./chaos-mesh-order.ts";
import type { Faults } from "./ports.ts";

/** Faults of two engines as one: whatever stands at Chaos Mesh's own place is asked of it, and everything else of the node daemons. */
export function byEngine(daemons: Faults, chaosMesh: Faults): Faults {
  const at = (node: string) => (node === CHAOS_MESH_NODE ? chaosMesh : daemons);
  return {
    capabilities: (node) => at(node).capabilities(node),
    inject: (node, request) => at(node).inject(node, request),
    renew: (node, runId, epoch) => at(node).renew(node, runId, epoch),
    revert: (node, runId, epoch, faultId) => at(node).revert(node, runId, epoch, faultId),
    residue: (node, victims) => at(node).residue(node, victims),
    active: (node, runId) => at(node).active(node, runId),
  };
}
