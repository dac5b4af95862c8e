// What namespaces and daemons said enters, every reason against starting leaves.

import type { Asked } from "./event.ts";
import type { LeaseTerms, Preflight } from "./phase.ts";
import type { NodeCapabilities } from "./ports.ts";

/** Every reason against a run whose target is known; empty when it may go on. */
export function preflightRefusals(phase: Preflight, asked: Asked): readonly string[] {
  return [
    ...asked.refusedNamespaces.map(({ namespace, why }) => `namespace ${namespace} does not consent: ${why}`),
    ...asked.unreachable.map(({ node, why }) => `the daemon of node ${node} did not answer: ${why}`),
    ...asked.nodes.flatMap((node) => incapacities(phase, node)),
  ];
}

/** The shortest lease of all nodes binds: a run is renewed everywhere at once. */
export function leaseOf(nodes: readonly NodeCapabilities[]): LeaseTerms {
  const leases = nodes.map(({ lease }) => lease);
  return {
    renewEverySeconds: Math.min(...leases.map(({ renewEverySeconds }) => renewEverySeconds)),
    expiresAfterSeconds: Math.min(...leases.map(({ expiresAfterSeconds }) => expiresAfterSeconds)),
  };
}

function incapacities({ target, durationMs, terms }: Preflight, node: NodeCapabilities): readonly string[] {
  const missing = target.effects.flatMap((needed) => {
    const found = node.effects.find(({ effect }) => effect === needed);
    if (found?.available) return [];
    return [`node ${node.node} cannot do ${needed}: ${found?.reason ?? "its daemon does not know this effect"}`];
  });
  const { pollMs } = terms.guard;
  const renewMs = node.lease.renewEverySeconds * 1000;
  return [
    ...missing,
    ...(durationMs <= node.maxDurationMs
      ? []
      : [
          `node ${node.node} allows ${node.maxDurationMs / 1000} s at most, and the run would take ${durationMs / 1000} s`,
        ]),
    ...(pollMs <= renewMs
      ? []
      : [`the guard polls every ${pollMs} ms and a lease of ${node.node} needs ${renewMs} ms`]),
  ];
}
