// A selector as tests on a pod: what Chaos Mesh's pkg/selector builds before it looks at any pod (master 608b61e7, 2026-08-07).

import type { Expression, Selector } from "../manifest/experiment.ts";
import { meets, type Requirement, requirement } from "./label-requirement.ts";
import { parseRequirements } from "./parse-requirements.ts";
import type { NodeFact, PodFact } from "./snapshot.ts";

/** A selector that can be asked; `labels` also serve to find the pods through an index. */
export type CompiledSelector = {
  readonly labels: readonly Requirement[];
  readonly matches: (pod: PodFact) => boolean;
};

/** The selector, or nothing where Chaos Mesh fails to read it: an event says so, and no pod is ever selected. */
export function compile(selector: Selector, nodes: ReadonlyMap<string, NodeFact>): CompiledSelector | undefined {
  const labels = labelRequirements(selector);
  const annotations = parseRequirements(annotationText(selector.annotationSelectors));
  const inPhase = phaseTest(selector.podPhaseSelectors);
  const chosen = chosenNodes(selector, nodes);
  const fields = fieldTest(selector.fieldSelectors);
  if (!labels || !annotations || !inPhase || !fields || chosen === "missing") return undefined;
  return {
    labels,
    matches: (pod) =>
      labels.every((one) => meets(pod.labels, one)) &&
      annotations.every((one) => meets(pod.annotations, one)) &&
      fields(pod) &&
      inPhase(pod.phase) &&
      (chosen === "any" || chosen.has(pod.node)),
  };
}

const OPERATORS: Readonly<Record<Expression["operator"], Requirement["operator"]>> = {
  In: "in",
  NotIn: "notin",
  Exists: "exists",
  DoesNotExist: "absent",
};

/** metav1.LabelSelector: everything must be met; nothing where one of them cannot be read. */
export function labelRequirements({
  labelSelectors,
  expressionSelectors,
}: Pick<Selector, "labelSelectors" | "expressionSelectors">): readonly Requirement[] | undefined {
  return allOrNothing([
    ...Object.entries(labelSelectors).map(([key, value]) => requirement(key, "in", [value])),
    ...expressionSelectors.map(({ key, operator, values }) => requirement(key, OPERATORS[operator], values)),
  ]);
}

function allOrNothing<T>(items: readonly (T | undefined)[]): readonly T[] | undefined {
  const present = items.filter((item) => item !== undefined);
  return present.length === items.length ? present : undefined;
}

/** Written by Chaos Mesh without any quoting, and without entries whose key is empty. */
function annotationText(annotations: Readonly<Record<string, string>>): string {
  const entries = Object.entries(annotations).filter(([key]) => key !== "");
  return entries.map(([key, value]) => `${key}=${value}`).join(",");
}

/** `Running` includes and `!Running` excludes, as keys of a label selector; any other operator is an error. */
function phaseTest(phases: readonly string[]): ((phase: string) => boolean) | undefined {
  const requirements = parseRequirements(phases.join(","));
  if (requirements === undefined) return undefined;
  if (requirements.some(({ operator }) => operator !== "exists" && operator !== "absent")) return undefined;
  const keys = (operator: string) => requirements.filter((one) => one.operator === operator).map(({ key }) => key);
  const [included, excluded] = [keys("exists"), keys("absent")];
  return (phase) => !excluded.includes(phase) && (included.length === 0 || included.includes(phase));
}

/** The fields that an API server selects pods by, except two that Chaos Mesh's own second look does not know. */
const FIELDS: Readonly<Record<string, (pod: PodFact) => string>> = {
  "metadata.name": ({ name }) => name,
  "metadata.namespace": ({ namespace }) => namespace,
  "spec.nodeName": ({ node }) => node,
  "spec.restartPolicy": ({ restartPolicy }) => restartPolicy ?? "Always",
  "spec.schedulerName": ({ schedulerName }) => schedulerName ?? "default-scheduler",
  "spec.serviceAccountName": ({ serviceAccount }) => serviceAccount ?? "default",
  "status.phase": ({ phase }) => phase,
  "status.podIP": ({ ip }) => ip,
  "status.nominatedNodeName": ({ nominatedNode }) => nominatedNode ?? "",
};
const UNKNOWN_TO_CHAOS_MESH = ["spec.hostNetwork", "status.podIPs"];

function fieldTest(fields: Readonly<Record<string, string>>): ((pod: PodFact) => boolean) | undefined {
  const tests = Object.entries(fields).map(([name, wanted]) => {
    if (UNKNOWN_TO_CHAOS_MESH.includes(name)) return () => false;
    const read = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    return read === undefined ? undefined : (pod: PodFact) => read(pod) === wanted;
  });
  const all = allOrNothing(tests);
  return all === undefined ? undefined : (pod) => all.every((test) => test(pod));
}

/** Those named and those with all the labels, together. One that is named and gone is an error of the whole selection. */
function chosenNodes(
  { nodes: names, nodeSelectors }: Selector,
  nodes: ReadonlyMap<string, NodeFact>,
): ReadonlySet<string> | "any" | "missing" {
  const wanted = Object.entries(nodeSelectors);
  if (names.length === 0 && wanted.length === 0) return "any";
  if (names.some((name) => !nodes.has(name))) return "missing";
  if (wanted.length === 0) return new Set(names);
  const labelled = [...nodes.values()].filter(({ labels }) => wanted.every(([key, value]) => labels[key] === value));
  return new Set([...names, ...labelled.map(({ name }) => name)]);
}
