// Pods that no run may hit whatever a policy says: a fault must not blind its own judge or lame its own hand.

import type { PodFact } from "../selector/snapshot.ts";
import type { PeerAddress } from "./ports.ts";
import { hostAddress } from "./target.ts";

const NAME_LABELS = ["app.kubernetes.io/name", "app", "k8s-app"];
const GUARDIANS = ["prometheus", "alertmanager", "kube-dns", "coredns", "chaosgate", "chaosgated", "chaosgate-runner"];

/** Refuses Prometheus, Alertmanager, DNS, the runner and the daemon, known by their labels or by their exempt addresses. */
export function guardianRefusals(victims: readonly PodFact[], exempt: readonly PeerAddress[]): readonly string[] {
  return victims.flatMap(({ name, namespace, labels, ip }) => {
    const named = NAME_LABELS.map((key) => labels[key]).find(
      (label) => label !== undefined && GUARDIANS.includes(label),
    );
    const addressed = exempt.some(({ cidr }) => cidr === hostAddress(ip).cidr);
    if (named === undefined && !addressed) return [];
    return [
      `${namespace}/${name} is ${named ?? "one of the guard's own addresses"}: a run may not blind its own guard`,
    ];
  });
}
