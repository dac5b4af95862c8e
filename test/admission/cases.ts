import type { JsonValue } from "../../src/manifest/object/object-node.ts";

// What may be created past chaosgate: one table for the decision in TypeScript and for the ValidatingAdmissionPolicy in CEL.

export const RULES = {
  pairings: [{ from: "staging-chaos", to: "staging" }],
  protectedNamespaces: ["payments"],
};

export type Case = {
  readonly name: string;
  readonly kind: string;
  /** Where it is created; staging without it. */
  readonly namespace?: string;
  readonly spec: { readonly [key: string]: JsonValue };
  /** Nothing: it may be created. */
  readonly refused?: "protected" | "foreign" | "endless";
};

const app = { labelSelectors: { app: "cart" } };
const inside = (...namespaces: readonly string[]) => ({ namespaces, ...app });
const kill = { action: "pod-kill", mode: "one" };
const delay = { action: "delay", mode: "one", delay: { latency: "10ms" } };
const network = (spec: object) => ({ ...delay, duration: "30s", ...spec }) as Case["spec"];
const schedule = (block: string, spec: object, type = block.charAt(0).toUpperCase() + block.slice(1)) =>
  ({
    schedule: "@every 1h",
    type,
    historyLimit: 1,
    concurrencyPolicy: "Forbid",
    [block]: spec,
  }) as unknown as Case["spec"];
const workflow = (spec: object) =>
  ({
    entry: "one",
    templates: [{ name: "one", templateType: "NetworkChaos", deadline: "30s", networkChaos: spec }],
  }) as unknown as Case["spec"];

export const CASES: readonly Case[] = [
  { name: "a delay in its own namespace", kind: "NetworkChaos", spec: network({ selector: inside("staging") }) },
  { name: "a delay that names no namespace", kind: "NetworkChaos", spec: network({ selector: app }) },
  {
    name: "a delay in another namespace",
    kind: "NetworkChaos",
    spec: network({ selector: inside("other") }),
    refused: "foreign",
  },
  {
    name: "a delay in its own namespace and another",
    kind: "NetworkChaos",
    spec: network({ selector: inside("staging", "other") }),
    refused: "foreign",
  },
  {
    name: "a delay towards another namespace",
    kind: "NetworkChaos",
    spec: network({ selector: inside("staging"), target: { mode: "all", selector: inside("other") } }),
    refused: "foreign",
  },
  {
    name: "a delay across a pairing",
    kind: "NetworkChaos",
    namespace: "staging-chaos",
    spec: network({ selector: inside("staging") }),
  },
  {
    name: "a delay across a pairing, backwards",
    kind: "NetworkChaos",
    spec: network({ selector: inside("staging-chaos") }),
    refused: "foreign",
  },
  {
    name: "a fault of HTTP, whose target is a word",
    kind: "HTTPChaos",
    spec: { mode: "one", target: "Request", port: 80, abort: true, duration: "30s", selector: inside("staging") },
  },
  {
    name: "a fault of HTTP in another namespace",
    kind: "HTTPChaos",
    spec: { mode: "one", target: "Request", port: 80, abort: true, duration: "30s", selector: inside("other") },
    refused: "foreign",
  },
  {
    name: "pods of another namespace by name",
    kind: "PodChaos",
    spec: { ...kill, selector: { pods: { other: ["cart-0"] } } },
    refused: "foreign",
  },
  {
    name: "pods by name, which outrank a foreign namespace",
    kind: "PodChaos",
    spec: { ...kill, selector: { namespaces: ["other"], pods: { staging: ["cart-0"] } } },
  },
  {
    name: "a protected namespace",
    kind: "PodChaos",
    spec: { ...kill, selector: inside("payments") },
    refused: "protected",
  },
  {
    name: "Kubernetes' own namespace",
    kind: "PodChaos",
    namespace: "kube-system",
    spec: { ...kill, selector: inside("kube-system") },
    refused: "protected",
  },
  {
    name: "a protected namespace that is not even named",
    kind: "PodChaos",
    namespace: "payments",
    spec: { ...kill, selector: app },
    refused: "protected",
  },
  { name: "a kill, which is over at once", kind: "PodChaos", spec: { ...kill, selector: inside("staging") } },
  {
    name: "a failing pod without an end",
    kind: "PodChaos",
    spec: { action: "pod-failure", mode: "one", selector: inside("staging") },
    refused: "endless",
  },
  {
    name: "a delay without an end",
    kind: "NetworkChaos",
    spec: { ...delay, selector: inside("staging") } as Case["spec"],
    refused: "endless",
  },
  {
    name: "a schedule of kills",
    kind: "Schedule",
    spec: schedule("podChaos", { ...kill, selector: inside("staging") }),
  },
  {
    name: "a schedule of delays in another namespace",
    kind: "Schedule",
    spec: schedule("networkChaos", network({ selector: inside("other") })),
    refused: "foreign",
  },
  {
    name: "a schedule of delays without an end",
    kind: "Schedule",
    spec: schedule("networkChaos", { ...delay, selector: inside("staging") }),
    refused: "endless",
  },
  {
    name: "a workflow, whose templates have deadlines and no durations",
    kind: "Workflow",
    spec: workflow({ ...delay, selector: inside("staging") }),
  },
  {
    name: "a workflow that reaches another namespace",
    kind: "Workflow",
    spec: workflow({ ...delay, selector: inside("other") }),
    refused: "foreign",
  },
];

/** The object of a case. */
export function objectOf({ kind, spec }: Case, name = "case") {
  return { apiVersion: "chaos-mesh.org/v1alpha1", kind, metadata: { name }, spec };
}

/** What a refusal says, in the words of either. */
export const SAYS = { protected: /protected/, foreign: /reach/, endless: /nothing ends this fault/ } as const;
