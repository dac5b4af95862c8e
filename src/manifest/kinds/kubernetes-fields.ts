import type { Mistake } from "../report.ts";
import { listOf, record } from "../shape/records.ts";
import { type Shape, TEXT_MAP, TEXTS } from "../shape/shape.ts";
import { shown } from "../text/quote.ts";
import { INT32 } from "./go-integers.ts";

// Pieces of Kubernetes' core/v1 that a Workflow's task carries (k8s.io/api 0.35, which Chaos Mesh 2.8 is built with).

export const BOOLEAN: Shape = { type: "boolean" };

const QUANTITY_TEXT =
  /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+))?$/;

/** An amount of something, such as 100m, 1Gi or 2. */
export const QUANTITY: Shape = { type: "text-or-number", check: quantityMistake };

/** A number of a port or its name. */
export const PORT: Shape = { type: "text-or-number", number: INT32 };

/** A name, which the schema fills in where it is absent. */
export const NAMED = record("name");
export const NAMED_OPTIONAL = record("name", { optional: BOOLEAN });

export const RESOURCE_FIELD = record("containerName resource", { divisor: QUANTITY }, { filled: ["resource"] });
export const FIELD = record("apiVersion fieldPath", {}, { filled: ["fieldPath"] });

export const AMOUNTS: Readonly<Record<string, Shape>> = {
  limits: { type: "map", values: QUANTITY },
  requests: { type: "map", values: QUANTITY },
};

export const LABEL_SELECTOR = record("", {
  matchLabels: TEXT_MAP,
  matchExpressions: listOf(record("key operator", { values: TEXTS }, { filled: ["key", "operator"] })),
});

/** A quantity as apimachinery reads it (resource/quantity.go). */
export function quantityMistake(text: string): Mistake | undefined {
  if (QUANTITY_TEXT.test(text)) return undefined;
  return {
    code: "quantity-malformed",
    message: `${shown(text)} is not an amount that Kubernetes can read.`,
    fix: "Write a number with m, k, M, G, Ki, Mi or Gi, or without a unit, such as 100m or 1Gi.",
  };
}
