// The experiment, a snapshot of the cluster and the ticket's limits enter; the target leaves, or every reason why there is none.
// This is where a selection becomes victims: nothing later can widen it.

import type { Experiment } from "../manifest/experiment.ts";
import { judge } from "../policy/judge.ts";
import { select } from "../selector/select.ts";
import type { Selection } from "../selector/selection.ts";
import type { PodFact, Snapshot } from "../selector/snapshot.ts";
import type { TicketClaims } from "../ticket/claims.ts";
import { guardianRefusals } from "./keep-out.ts";
import { policyOf } from "./limits.ts";
import { networkOrder, type Ordered, podOrder } from "./order.ts";
import type { PeerAddress, VictimRef } from "./ports.ts";
import type { Target, Victim } from "./target.ts";
import type { Terms } from "./terms.ts";

export type Resolution =
  | { readonly kind: "resolved"; readonly target: Target }
  | { readonly kind: "refused"; readonly refusals: readonly string[] };

/** Resolves what a run would hit, once, from the ticket's own seed. */
export function resolve(terms: Terms, snapshot: Snapshot, exempt: readonly PeerAddress[]): Resolution {
  if (snapshot.clusterId !== terms.clusterId) {
    return refused([`the cluster is ${snapshot.clusterId} and the ticket was accepted for ${terms.clusterId}`]);
  }
  const { experiment, claims } = terms;
  const selection = select(experiment, snapshot, claims.seed);
  const ordered = orderOf(experiment, selection, exempt);
  const refusals = [
    ...openEndRefusals(claims),
    ...policyRefusals(terms, selection, snapshot.budgets),
    ...(selection.selected.length === 0 ? ["the selection is empty: nothing would be hit"] : []),
    ...guardianRefusals(selection.selected, exempt),
    ...(ordered.kind === "unavailable" ? [ordered.why] : []),
  ];
  if (refusals.length > 0 || ordered.kind === "unavailable") return refused(refusals);
  return { kind: "resolved", target: targetOf(experiment, selection, ordered) };
}

/** A policy without namespaces judges a review for which nobody wrote any; under a ticket it would let every namespace be hit. */
function openEndRefusals({ environment, limits }: TicketClaims): readonly string[] {
  if (limits.namespaces.length > 0) return [];
  return [
    `the ticket names no namespace that may be hit: write namespaces for environment ${environment} in the settings and give the command again`,
  ];
}

function orderOf(experiment: Experiment, selection: Selection, exempt: readonly PeerAddress[]): Ordered {
  switch (experiment.kind) {
    case "NetworkChaos":
      return networkOrder(experiment, {
        peerIps: selection.peers.map(({ ip }) => ip).filter((ip) => ip !== ""),
        exempt,
      });
    case "PodChaos":
      return podOrder(experiment);
    case "Other":
      return { kind: "unavailable", why: `${experiment.chaosKind} is not available on this engine yet` };
  }
}

function policyRefusals(
  { experiment, claims }: Terms,
  selection: Selection,
  budgets: Snapshot["budgets"],
): readonly string[] {
  // The ticket has no lines to point at; the sentence is what a run report shows.
  const nowhere = () => ({ line: 1, column: 1 });
  const findings = judge(experiment, selection, policyOf(claims), nowhere, budgets);
  return findings.flatMap(({ severity, message }) => (severity === "error" ? [message] : []));
}

function targetOf(experiment: Experiment, selection: Selection, ordered: Extract<Ordered, { kind: "order" }>): Target {
  const { selected, matched } = selection;
  const containers = selected.flatMap((pod) =>
    containersOf(experiment, pod).map((container) => victimRef(pod, container)),
  );
  const probe = probeOf(selection);
  return {
    victims: containers.map(({ node, ref }, index): Victim => ({ faultId: `f${index}`, node, ref })),
    order: ordered.order,
    effects: ordered.effects,
    oneShot: ordered.order.kind === "process",
    namespaces: [...new Set(selected.map(({ namespace }) => namespace))],
    matchedPods: matched.length,
    ...(probe === undefined ? {} : { probe }),
  };
}

/** The containers of a pod share one network, so a network fault needs only the first; a kill goes to each that was named. */
function containersOf(experiment: Experiment, { containers }: PodFact): PodFact["containers"] {
  if (experiment.kind !== "PodChaos") return containers.slice(0, 1);
  const { action, containerNames } = experiment.pod;
  if (action !== "container-kill") return containers;
  return containers.filter(({ name }) => containerNames.includes(name));
}

function victimRef(
  pod: PodFact,
  container: PodFact["containers"][number],
): { readonly node: string; readonly ref: VictimRef } {
  const { containerId, localPid } = container;
  const ref = {
    namespace: pod.namespace,
    pod: pod.name,
    podUid: pod.uid,
    container: container.name,
    ...(containerId === undefined ? {} : { containerId }),
    ...(localPid === undefined ? {} : { localPid }),
  };
  return { node: pod.node, ref };
}

/** The first victim, a replica of the same workload that was not selected, and a peer to which both connect. */
function probeOf({ selected, matched, peers }: Selection): Target["probe"] {
  const [victim] = selected;
  const [peer] = peers;
  const control = matched.find(
    (pod) => pod.workload === victim?.workload && !selected.some(({ uid }) => uid === pod.uid),
  );
  const [one, other] = [victim?.containers[0], control?.containers[0]];
  if (!victim || !control || !peer || !one || !other) return undefined;
  return {
    victim: victimRef(victim, one).ref,
    control: victimRef(control, other).ref,
    peer: { namespace: peer.namespace, pod: peer.name, podUid: peer.uid, ip: peer.ip },
  };
}

function refused(refusals: readonly string[]): Resolution {
  return { kind: "refused", refusals };
}
