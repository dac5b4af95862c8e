// Which pods a selector matches, with the meaning Chaos Mesh gives it: experiment's selector and a snapshot enter, pods leave.

import type { Expression, Selector } from "../manifest/experiment.ts";
import type { NodeFact, PodFact, Snapshot } from "./snapshot.ts";

/** Pods the selector matches, in the snapshot's order. `pods` overrides everything else; missing names are skipped. */
export function matchPods(selector: Selector, snapshot: Snapshot): readonly PodFact[] {
  const { pods } = selector;
  if (pods !== undefined && Object.keys(pods).length > 0) {
    return snapshot.pods.filter((pod) => pods[pod.namespace]?.includes(pod.name) ?? false);
  }
  const nodes = chosenNodes(selector, snapshot.nodes);
  return snapshot.pods.filter((pod) => matches(selector, pod) && (nodes === undefined || nodes.has(pod.node)));
}

function matches(selector: Selector, pod: PodFact): boolean {
  return (
    selector.namespaces.includes(pod.namespace) &&
    hasAll(pod.labels, selector.labelSelectors) &&
    selector.expressionSelectors.every((expression) => meets(pod.labels, expression)) &&
    hasAll(pod.annotations, selector.annotationSelectors) &&
    Object.entries(selector.fieldSelectors).every(([field, value]) => fieldOf(pod, field) === value) &&
    inPhase(pod.phase, selector.podPhaseSelectors)
  );
}

function hasAll(have: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => have[key] === value);
}

/** metav1.LabelSelectorRequirement: NotIn and DoesNotExist are met by a pod without the key. */
function meets(labels: Readonly<Record<string, string>>, { key, operator, values }: Expression): boolean {
  const value = labels[key];
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

/** The pod fields that Kubernetes can select by and a snapshot holds; any other field matches nothing. */
function fieldOf(pod: PodFact, field: string): string | undefined {
  const fields: Readonly<Record<string, string | undefined>> = {
    "metadata.name": pod.name,
    "metadata.namespace": pod.namespace,
    "spec.nodeName": pod.node,
    "spec.serviceAccountName": pod.serviceAccount,
    "status.phase": pod.phase,
    "status.podIP": pod.ip,
  };
  return fields[field];
}

/** Chaos Mesh reads the phases as a label selector: `Running` includes, `!Running` excludes. */
function inPhase(phase: string, phases: readonly string[]): boolean {
  const terms = phases.flatMap((text) => text.split(",")).map((term) => term.trim());
  const excluded = terms.filter((term) => term.startsWith("!")).map((term) => term.slice(1).trim());
  const included = terms.filter((term) => term !== "" && !term.startsWith("!"));
  return !excluded.includes(phase) && (included.length === 0 || included.includes(phase));
}

/** Names of the chosen nodes: those named, and those with all the labels; undefined when neither is asked for. */
function chosenNodes(selector: Selector, nodes: readonly NodeFact[]): ReadonlySet<string> | undefined {
  const byLabel = Object.keys(selector.nodeSelectors).length > 0;
  if (selector.nodes.length === 0 && !byLabel) return undefined;
  const labelled = byLabel ? nodes.filter(({ labels }) => hasAll(labels, selector.nodeSelectors)) : [];
  return new Set([...selector.nodes, ...labelled.map(({ name }) => name)]);
}
