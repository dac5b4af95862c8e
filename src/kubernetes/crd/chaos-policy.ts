// Who may be hit in this cluster, by its owners' word and not by the repository's: a run needs one policy that permits all of it.

import { WEEKDAYS } from "../../policy/times.ts";
import type { Kind } from "./definition.ts";
import type { ListSchema, MapSchema, ObjectSchema, TextSchema, ValueOf } from "./schema.ts";

const NAME = { type: "string", minLength: 1, maxLength: 63 } as const satisfies TextSchema;
const NAMES = { type: "array", items: NAME, maxItems: 1000 } as const satisfies ListSchema;
const LABELS = {
  type: "object",
  additionalProperties: { type: "string", maxLength: 63 },
  maxProperties: 32,
} as const satisfies MapSchema;
const ZONE = {
  type: "string",
  minLength: 1,
  maxLength: 64,
  description: "A name of the time zone database, such as Europe/Berlin.",
} as const satisfies TextSchema;
const CLOCK = {
  type: "string",
  maxLength: 5,
  pattern: "^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$",
} as const satisfies TextSchema;
const DATE = { type: "string", maxLength: 10, pattern: "^[0-9]{4}-[0-9]{2}-[0-9]{2}$" } as const satisfies TextSchema;

const SPEC = {
  type: "object",
  properties: {
    namespaces: {
      description: "Namespaces whose pods may be hit: those that are named, and those that carry all of the labels.",
      type: "object",
      properties: { names: NAMES, matchLabels: LABELS },
      "x-kubernetes-validations": [
        {
          rule: "(has(self.names) && size(self.names) > 0) || (has(self.matchLabels) && size(self.matchLabels) > 0)",
          message:
            "name namespaces, or labels of theirs: a policy for every namespace is not written by leaving them out",
        },
      ],
    },
    protectedNamespaces: { ...NAMES, description: "Never hit, whatever this or another policy permits." },
    pairings: {
      description: "Besides its own namespace, an experiment that lives in `from` may hit `to`.",
      type: "array",
      maxItems: 1000,
      items: { type: "object", properties: { from: NAME, to: NAME }, required: ["from", "to"] },
    },
    kinds: {
      description: "Kinds that may run; every one without it.",
      type: "array",
      items: NAME,
      maxItems: 64,
    },
    caps: {
      type: "object",
      properties: {
        pods: { type: "integer", minimum: 0, maximum: 1000000 },
        percent: { type: "integer", minimum: 0, maximum: 100, description: "Of the pods that match." },
        duration: {
          type: "string",
          maxLength: 32,
          pattern: "^([0-9]+(ns|us|ms|s|m|h))+$",
          description: "The longest a fault may last, such as 90s or 5m.",
        },
      },
    },
    requiredLabels: { ...LABELS, description: "Labels that a pod must carry to be hit: its owners' opt-in." },
    windows: {
      description: "When a run may begin and must have ended; at any time without it.",
      type: "array",
      maxItems: 64,
      items: {
        type: "object",
        properties: {
          days: {
            type: "array",
            items: { type: "string", enum: WEEKDAYS },
            maxItems: 7,
            description: "Every day without it.",
          },
          from: CLOCK,
          to: CLOCK,
          zone: ZONE,
        },
        required: ["from", "to", "zone"],
        "x-kubernetes-validations": [{ rule: "self.from != self.to", message: "the window ends when it begins" }],
      },
    },
    blackouts: {
      description: "Whole days on which nothing runs, both included.",
      type: "array",
      maxItems: 256,
      items: {
        type: "object",
        properties: { from: DATE, to: DATE, zone: ZONE, why: { type: "string", maxLength: 256 } },
        required: ["from", "to", "zone"],
        "x-kubernetes-validations": [{ rule: "self.from <= self.to", message: "the blackout ends before it begins" }],
      },
    },
    ticketKeys: {
      description: "Key ids (kid) whose tickets are good here; every key that the runner knows without it.",
      type: "array",
      items: { type: "string", minLength: 1, maxLength: 256 },
      maxItems: 32,
    },
    engines: {
      description: "What may inject; builtin without it.",
      type: "array",
      items: { type: "string", enum: ["builtin", "chaos-mesh"] },
      maxItems: 2,
    },
  },
  required: ["namespaces"],
} as const satisfies ObjectSchema;

export type ChaosPolicySpec = ValueOf<typeof SPEC>;

export const CHAOS_POLICY = {
  kind: "ChaosPolicy",
  plural: "chaospolicies",
  singular: "chaospolicy",
  shortNames: ["cpol"],
  scope: "Cluster",
  description: "What may be hit in this cluster, how hard and when. Without any, nothing may.",
  columns: [
    { name: "Namespaces", type: "string", jsonPath: ".spec.namespaces.names" },
    { name: "Pods", type: "integer", jsonPath: ".spec.caps.pods" },
    { name: "Percent", type: "integer", jsonPath: ".spec.caps.percent" },
    { name: "Duration", type: "string", jsonPath: ".spec.caps.duration" },
    { name: "Kinds", type: "string", jsonPath: ".spec.kinds", priority: 1 },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
  rules: [],
  spec: SPEC,
} as const satisfies Kind;
