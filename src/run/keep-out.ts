// Pods that no run may hit whatever a policy says: the guard's own eyes and hands, and pods that nobody would bring back.

import type { Experiment } from "../manifest/experiment.ts";
import type { DisruptionBudget, PodFact } from "../selector/snapshot.ts";
import type { PeerAddress } from "./ports.ts";
import { hostAddress } from "./target.ts";

const NAME_LABELS = ["app.kubernetes.io/name", "app", "k8s-app"];
const GUARDIANS = ["prometheus", "alertmanager", "kube-dns", "coredns", "chaosgate", "chaosgated", "chaosgate-runner"];

/** Refuses Prometheus, DNS, the runner and the daemon: a fault must not blind its own judge. */
export function guardianRefusals(victims: readonly PodFact[], exempt: readonly PeerAddress[]): readonly string[] {
  return victims.flatMap(({ name, namespace, labels, ip }) => {
    const named = NAME_LABELS.map((key) => labels[key]).find(
      (value) => value !== undefined && GUARDIANS.includes(value),
    );
    const addressed = exempt.some(({ cidr }) => cidr === hostAddress(ip).cidr);
    if (named === undefined && !addressed) return [];
    return [
      `${namespace}/${name} is ${named ?? "one of the guard's own addresses"}: a run may not blind its own guard`,
    ];
  });
}

/** Refuses what the daemon must not touch, and kills that no controller would make good. */
export function reachRefusals(experiment: Experiment, victims: readonly PodFact[]): readonly string[] {
  return victims.flatMap(({ name, namespace, hostNetwork, workload, containers }) => [
    ...(hostNetwork ? [`${namespace}/${name} uses its node's own network: a fault would hit the whole node`] : []),
    ...(containers.length === 0 ? [`${namespace}/${name} has no container that is known`] : []),
    ...(experiment.kind === "PodChaos" && workload === undefined
      ? [`${namespace}/${name} has no controller: nobody would bring it back`]
      : []),
  ]);
}

/** Refuses to kill more pods than their disruption budgets allow now. */
export function budgetRefusals(
  experiment: Experiment,
  victims: readonly PodFact[],
  budgets: readonly DisruptionBudget[],
): readonly string[] {
  if (experiment.kind !== "PodChaos") return [];
  return budgets.flatMap(({ namespace, name, matchLabels, disruptionsAllowed }) => {
    const covered = victims.filter((pod) => pod.namespace === namespace && matches(pod, matchLabels)).length;
    if (covered <= disruptionsAllowed) return [];
    return [`budget ${namespace}/${name} allows ${disruptionsAllowed} disruptions now, and this would be ${covered}`];
  });
}

function matches({ labels }: PodFact, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}
