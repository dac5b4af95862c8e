import { isObject, type Json, type JsonObject } from "./json-schema.ts";

// Bodies have passed GitHub's own schema before a handler sees them; these give the fields their types back.

/** A text field, or undefined when it was left out or is null. */
export function textOf(body: JsonObject, field: string): string | undefined {
  const value = body[field];
  return typeof value === "string" ? value : undefined;
}

export function numberOf(body: JsonObject, field: string): number | undefined {
  const value = body[field];
  return typeof value === "number" ? value : undefined;
}

export function objectOf(body: JsonObject, field: string): JsonObject | undefined {
  const value = body[field];
  return isObject(value) ? value : undefined;
}

export function listOf(body: JsonObject, field: string): readonly Json[] | undefined {
  const value = body[field];
  return Array.isArray(value) ? value : undefined;
}
