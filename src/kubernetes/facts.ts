import type { Expression } from "../manifest/experiment.ts";
import type { DisruptionBudget, NamespaceFact, NodeFact, PodFact } from "../selector/snapshot.ts";
import { type Item, record } from "./list.ts";

// Objects of the Kubernetes API as facts of a snapshot. Every field is looked at before it is believed.

/** Owner of each replica set, by UID: `Deployment/checkout`. */
export type Owners = ReadonlyMap<string, string>;

/** The only annotation of a namespace that selection looks at. */
const INJECT = "chaos-mesh.org/inject";

export function uidOf(item: Item): string {
  return text(record(item.metadata).uid);
}

/** The deployments behind replica sets. */
export function ownersOf(replicaSets: readonly Item[]): Owners {
  const known = replicaSets.flatMap((item) => {
    const owner = controllerOf(item);
    return owner === undefined ? [] : [[uidOf(item), `${owner.kind}/${owner.name}`] as const];
  });
  return new Map(known);
}

export function namespaceOf(item: Item): NamespaceFact {
  const { name, labels, annotations } = record(item.metadata);
  const inject = textMap(annotations)[INJECT];
  return {
    name: text(name),
    labels: textMap(labels),
    ...(inject !== undefined && { annotations: { [INJECT]: inject } }),
  };
}

export function nodeOf(item: Item): NodeFact {
  const { name, labels } = record(item.metadata);
  return { name: text(name), labels: textMap(labels) };
}

/** Its annotations are kept, because selectors may name any; the one that kubectl fills with the whole object is not. */
export function podOf(item: Item, owners: Owners): PodFact {
  const metadata = record(item.metadata);
  const spec = record(item.spec);
  const status = record(item.status);
  const { "kubectl.kubernetes.io/last-applied-configuration": _, ...annotations } = textMap(metadata.annotations);
  const workload = workloadOf(item, owners);
  const nominated = text(status.nominatedNodeName);
  return {
    namespace: text(metadata.namespace),
    name: text(metadata.name),
    uid: text(metadata.uid),
    labels: textMap(metadata.labels),
    annotations,
    node: text(spec.nodeName),
    phase: text(status.phase),
    ready: isReady(status) && metadata.deletionTimestamp === undefined,
    ip: text(record(list(status.podIPs)[0]).ip),
    hostNetwork: spec.hostNetwork === true,
    ...(workload !== undefined && { workload }),
    serviceAccount: text(spec.serviceAccountName),
    restartPolicy: text(spec.restartPolicy),
    schedulerName: text(spec.schedulerName),
    ...(nominated !== "" && { nominatedNode: nominated }),
    containers: list(spec.containers).map((container) => ({ name: text(record(container).name) })),
  };
}

/** Nothing for a budget without a selector: it is about no pod. */
export function budgetOf(item: Item): DisruptionBudget | undefined {
  const { namespace, name } = record(item.metadata);
  const { selector } = record(item.spec);
  const allowed = record(item.status).disruptionsAllowed;
  if (selector === undefined || selector === null) return undefined;
  const { matchLabels, matchExpressions } = record(selector);
  const expressions = list(matchExpressions).map(expressionOf);
  return {
    namespace: text(namespace),
    name: text(name),
    matchLabels: textMap(matchLabels),
    ...(expressions.length > 0 && { matchExpressions: expressions }),
    disruptionsAllowed: typeof allowed === "number" ? allowed : 0,
  };
}

const OPERATORS: readonly Expression["operator"][] = ["In", "NotIn", "Exists", "DoesNotExist"];

function expressionOf(value: unknown): Expression {
  const { key, operator, values } = record(value);
  return {
    key: text(key),
    operator: OPERATORS.find((known) => known === operator) ?? "In",
    values: list(values).map(text),
  };
}

function workloadOf(item: Item, owners: Owners): string | undefined {
  const owner = controllerOf(item);
  return owner && (owners.get(owner.uid) ?? `${owner.kind}/${owner.name}`);
}

function controllerOf(item: Item) {
  const owner = list(record(item.metadata).ownerReferences)
    .map(record)
    .find(({ controller }) => controller === true);
  return owner && { kind: text(owner.kind), name: text(owner.name), uid: text(owner.uid) };
}

function isReady({ conditions }: Item): boolean {
  return list(conditions)
    .map(record)
    .some(({ type, status }) => type === "Ready" && status === "True");
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textMap(value: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries(record(value)).filter(([, each]) => typeof each === "string");
  return Object.fromEntries(entries) as Record<string, string>;
}
