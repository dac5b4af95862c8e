import type { Objective, Reading } from "./objective.ts";

/** The mean of what was read of an objective; undefined when no reading carried a number. */
export function meanOf(readings: readonly Reading[], objective: Objective): number | undefined {
  const values = numbersOf(readings, objective);
  return values.length === 0 ? undefined : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The value furthest towards or beyond the bound; undefined when no reading carried a number. */
export function worstOf(readings: readonly Reading[], objective: Objective): number | undefined {
  const values = numbersOf(readings, objective);
  if (values.length === 0) return undefined;
  return objective.bound.kind === "below" ? Math.max(...values) : Math.min(...values);
}

function numbersOf(readings: readonly Reading[], { name }: Objective): readonly number[] {
  return readings.flatMap(({ objective, value }) => (objective === name && value !== undefined ? [value] : []));
}
