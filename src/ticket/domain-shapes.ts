import { MEASURED_FIGURES } from "../slo/objective.ts";
import { list, number, object, oneOf, optional, type Shape, text } from "./shape.ts";

// Shapes of what tickets and reports both carry, with ends that no honest one reaches.

/** A name of an object, a person or a unit. */
export const name: Shape = text(253);

export const sentence: Shape = text(2000);

const QUERY = text(10_000);

export const bound: Shape = object({ kind: oneOf("below", "above"), value: number });

export const scope: Shape = oneOf("inside", "outside");

export const objective: Shape = object({
  name,
  title: sentence,
  query: QUERY,
  freshness: QUERY,
  maxAgeSeconds: number,
  bound,
  baselineBound: bound,
  scope,
  traffic: optional(object({ query: QUERY, atLeast: number })),
  unit: oneOf("ratio", "seconds", "per-second", "count"),
  measures: optional(oneOf(...MEASURED_FIGURES)),
  budget: optional(object({ promise: number, periodSeconds: number, spend: number })),
});

export const prediction: Shape = object({
  id: name,
  subject: name,
  title: sentence,
  value: number,
  baseline: optional(number),
  unit: name,
  interval: optional(list(2, number)),
  binding: name,
  formula: sentence,
  source: sentence,
  inputs: list(50, object({ name, value: number, unit: name, from: name, at: optional(sentence) })),
  sentence,
});
