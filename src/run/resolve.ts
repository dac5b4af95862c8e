// The experiment, a snapshot of the cluster and the ticket's limits enter; the target leaves, or every reason why there is none.
// This is where a selection becomes victims: nothing later can widen it.

import type { Experiment } from "../manifest/experiment.ts";
import { type ClusterPolicy, clusterRefusals } from "../policy/cluster-policy.ts";
import { judge } from "../policy/judge.ts";
import { driftSince } from "../selector/drift.ts";
import { select } from "../selector/select.ts";
import type { Selection } from "../selector/selection.ts";
import type { PodFact, Snapshot } from "../selector/snapshot.ts";
import type { TicketClaims } from "../ticket/claims.ts";
import { keyIdOf } from "../ticket/id.ts";
import { CHAOS_MESH_NODE, chaosMeshOrder } from "./chaos-mesh-order.ts";
import { exemptOnNodes } from "./exempt.ts";
import { fileOrder } from "./file-order.ts";
import { guardianRefusals } from "./keep-out.ts";
import { policyOf } from "./limits.ts";
import { clockOrder, networkOrder, type Ordered, podOrder, stressOrder } from "./order.ts";
import type { Exemption, VictimRef } from "./ports.ts";
import type { Target, Victim } from "./target.ts";
import type { Terms } from "./terms.ts";

export type Resolution =
  | { readonly kind: "resolved"; readonly target: Target }
  | { readonly kind: "refused"; readonly refusals: readonly string[] };

/** What the cluster's owners permit, at a moment in Unix milliseconds. */
export type Owners = { readonly policies: readonly ClusterPolicy[]; readonly at: number };

/** Resolves what a run would hit, once, from the ticket's own seed. */
export function resolve(terms: Terms, snapshot: Snapshot, exempt: readonly Exemption[], owners?: Owners): Resolution {
  if (snapshot.clusterId !== terms.clusterId) {
    return refused([`the cluster is ${snapshot.clusterId} and the ticket was accepted for ${terms.clusterId}`]);
  }
  const { experiment, claims } = terms;
  const selection = select(experiment, snapshot, claims.seed);
  const common = [
    ...openEndRefusals(claims),
    ...policyRefusals(terms, selection, snapshot.budgets),
    ...driftRefusals(terms, selection),
    ...(selection.selected.length === 0 ? ["the selection is empty: nothing would be hit"] : []),
    ...guardianRefusals(selection.selected, exempt),
  ];
  const answers = ENGINES.map((engine) => {
    const ordered = engine === "builtin" ? orderOf(experiment, selection, exempt) : meshOrder(terms, owners, selection);
    const owned = owners === undefined ? [] : ownersRefusals(terms, selection, snapshot, owners, engine);
    return { ordered, refusals: [...common, ...owned, ...(ordered.kind === "unavailable" ? [ordered.why] : [])] };
  });
  for (const { ordered, refusals } of answers) {
    if (refusals.length === 0 && ordered.kind === "order")
      return { kind: "resolved", target: targetOf(experiment, selection, ordered) };
  }
  // What the second engine says is of use only where it is turned on.
  const asked = terms.written === undefined ? answers.slice(0, 1) : answers;
  return refused([...new Set(asked.flatMap(({ refusals }) => refusals))]);
}

/** In this order: the builtin engine heals by itself, and Chaos Mesh is used for what it cannot do or a policy keeps from it. */
const ENGINES = ["builtin", "chaos-mesh"] as const;

/** Only where a cluster's owners have policies, which must name the engine: it is never a default. */
function meshOrder({ written }: Terms, owners: Owners | undefined, { peers }: Selection): Ordered {
  return chaosMeshOrder(owners === undefined ? undefined : written, peers);
}

/** A policy without namespaces judges a review for which nobody wrote any; under a ticket it would let every namespace be hit. */
function openEndRefusals({ environment, limits }: TicketClaims): readonly string[] {
  if (limits.namespaces.length > 0) return [];
  return [
    `the ticket names no namespace that may be hit: write namespaces for environment ${environment} in the settings and give the command again`,
  ];
}

/** Labels, namespaces and deployments may have changed since somebody agreed; a review without a cluster agreed to a manifest alone. */
function driftRefusals({ claims, manifest }: Terms, selection: Selection): readonly string[] {
  const reviewed = claims.selections?.[`${manifest.path}#${manifest.index}`];
  return reviewed === undefined ? [] : driftSince(reviewed, selection, claims.seed);
}

function orderOf(experiment: Experiment, selection: Selection, exempt: readonly Exemption[]): Ordered {
  switch (experiment.kind) {
    case "NetworkChaos":
      return networkOrder(experiment, {
        peerIps: selection.peers.map(({ ip }) => ip).filter((ip) => ip !== ""),
        exempt: exemptOnNodes(exempt, new Set(selection.selected.map(({ node }) => node))),
      });
    case "PodChaos":
      return podOrder(experiment);
    case "StressChaos":
      return stressOrder(experiment);
    case "IOChaos":
      return fileOrder(experiment);
    case "TimeChaos":
      return clockOrder(experiment);
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

/** A stolen key of the bot still meets these. */
function ownersRefusals(
  { experiment, claims, ticket }: Terms,
  selection: Selection,
  snapshot: Snapshot,
  { policies, at }: Owners,
  engine: (typeof ENGINES)[number],
): readonly string[] {
  const ticketKey = keyIdOf(ticket);
  const capMs = claims.limits.max_duration_seconds * 1000;
  const key = ticketKey === undefined ? {} : { ticketKey };
  return clusterRefusals(policies, { experiment, selection, snapshot, engine, capMs, at, ...key });
}

function targetOf(experiment: Experiment, selection: Selection, ordered: Extract<Ordered, { kind: "order" }>): Target {
  const { selected, matched } = selection;
  const byMesh = ordered.order.kind === "chaos-mesh";
  // Its object is for a pod, and names the containers itself.
  const containers = selected.flatMap((pod) =>
    (byMesh ? pod.containers.slice(0, 1) : containersOf(experiment, pod)).map((container) => victimRef(pod, container)),
  );
  const probe = probeOf(selection);
  return {
    victims: containers.map(
      ({ node, ref }, index): Victim => ({ faultId: `f${index}`, node: byMesh ? CHAOS_MESH_NODE : node, ref }),
    ),
    order: ordered.order,
    effects: ordered.effects,
    oneShot: ordered.order.kind === "process",
    namespaces: [...new Set(selected.map(({ namespace }) => namespace))],
    matchedPods: matched.length,
    ...(probe === undefined ? {} : { probe }),
  };
}

/** The containers of a pod share one network, so a network fault needs only the first; the others go to those that were named. */
function containersOf(experiment: Experiment, { containers }: PodFact): PodFact["containers"] {
  if (experiment.kind === "StressChaos" && experiment.stress.containerNames.length > 0) {
    return containers.filter(({ name }) => experiment.stress.containerNames.includes(name));
  }
  if (experiment.kind === "IOChaos" && experiment.io.containerNames.length > 0)
    return containers.filter(({ name }) => experiment.io.containerNames.includes(name));
  if (experiment.kind === "TimeChaos" && experiment.clock.containerNames.length > 0)
    return containers.filter(({ name }) => experiment.clock.containerNames.includes(name));
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
