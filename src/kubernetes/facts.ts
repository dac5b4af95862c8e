import type { Expression } from "../manifest/experiment.ts";
import type {
  ContainerFact,
  DisruptionBudget,
  NamespaceFact,
  NodeFact,
  PodFact,
  ProbeFact,
} from "../selector/snapshot.ts";
import { type Item, record } from "./list.ts";

// Objects of the Kubernetes API as facts of a snapshot. Every field is looked at before it is believed.

/** Owner of each replica set, by UID: `Deployment/checkout`. */
export type Owners = ReadonlyMap<string, string>;

/** The only annotation of a namespace that selection looks at. */
const INJECT = "chaos-mesh.org/inject";

export function uidOf(item: Item): string {
  return text(record(item.metadata).uid);
}

/** The deployment behind a replica set, by the set's UID. */
export function ownerOf(replicaSet: Item): readonly [string, string] | undefined {
  const owner = controllerOf(replicaSet);
  return owner && [uidOf(replicaSet), `${owner.kind}/${owner.name}`];
}

/** The deployments behind replica sets. */
export function ownersOf(replicaSets: readonly Item[]): Owners {
  return new Map(
    replicaSets.flatMap((item) => {
      const owner = ownerOf(item);
      return owner === undefined ? [] : [owner];
    }),
  );
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

/** A pod as its own object tells of it; which deployment is behind its replica set is another object's word. */
export type HeldPod = { readonly fact: PodFact; readonly controller?: Controller };

type Controller = { readonly kind: string; readonly name: string; readonly uid: string };

export function podOf(item: Item, owners: Owners): PodFact {
  return withWorkload(heldPodOf(item), owners);
}

/** The pod's fact, with the workload it belongs to. */
export function withWorkload({ fact, controller }: HeldPod, owners: Owners): PodFact {
  if (controller === undefined) return fact;
  return { ...fact, workload: owners.get(controller.uid) ?? `${controller.kind}/${controller.name}` };
}

/** Its annotations are kept, because selectors may name any; the one that kubectl fills with the whole object is not. */
export function heldPodOf(item: Item): HeldPod {
  const metadata = record(item.metadata);
  const spec = record(item.spec);
  const status = record(item.status);
  const { "kubectl.kubernetes.io/last-applied-configuration": _, ...annotations } = textMap(metadata.annotations);
  const controller = controllerOf(item);
  const nominated = text(status.nominatedNodeName);
  const fact = {
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
    serviceAccount: text(spec.serviceAccountName),
    restartPolicy: text(spec.restartPolicy),
    schedulerName: text(spec.schedulerName),
    ...(nominated !== "" && { nominatedNode: nominated }),
    containers: list(spec.containers).map((container) => containerOf(record(container), status)),
  };
  return { fact, ...(controller !== undefined && { controller }) };
}

/** Its id is the runtime's, as in `containerd://` and 64 digits; a container that never started has none. */
function containerOf({ name, livenessProbe, readinessProbe }: Item, status: Item): ContainerFact {
  const started = list(status.containerStatuses)
    .map(record)
    .find((one) => one.name === name);
  const containerId = text(started?.containerID);
  const [liveness, readiness] = [probeOf(livenessProbe), probeOf(readinessProbe)];
  return {
    name: text(name),
    ...(containerId !== "" && { containerId }),
    ...(liveness !== undefined && { liveness }),
    ...(readiness !== undefined && { readiness }),
  };
}

/** What the kubelet takes where a probe says nothing; the API server writes it into the object, too. */
const PROBE_DEFAULTS: ProbeFact = { timeoutSeconds: 1, periodSeconds: 10, failureThreshold: 3 };

function probeOf(value: unknown): ProbeFact | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const said = record(value);
  const at = (key: keyof ProbeFact): number => {
    const number = said[key];
    return typeof number === "number" && number > 0 ? number : PROBE_DEFAULTS[key];
  };
  return {
    timeoutSeconds: at("timeoutSeconds"),
    periodSeconds: at("periodSeconds"),
    failureThreshold: at("failureThreshold"),
  };
}

/** Where a node's kubelet and agents speak from: its own addresses, and the bridge of its pods. */
export function nodeAddressesOf(item: Item): readonly string[] {
  const [spec, status] = [record(item.spec), record(item.status)];
  const own = list(status.addresses)
    .map(record)
    .flatMap(({ type, address }) => (type === "InternalIP" || type === "ExternalIP" ? [text(address)] : []));
  // A bridge has the first address of its node's range (the host-local plugin's default gateway): probes come from there.
  const bridges = list(spec.podCIDRs).flatMap((cidr) => firstHostOf(text(cidr)) ?? []);
  return [...new Set([...own, ...bridges])].filter((address) => address !== "");
}

function firstHostOf(cidr: string): string | undefined {
  const [base = "", bits] = cidr.split("/");
  if (bits === undefined) return undefined;
  if (base.includes(":")) return base.endsWith("::") ? `${base}1` : undefined;
  const parts = base.split(".").map(Number);
  if (parts.length !== 4) return undefined;
  return [...parts.slice(0, 3), (parts[3] ?? 0) + 1].join(".");
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

function controllerOf(item: Item): Controller | undefined {
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
