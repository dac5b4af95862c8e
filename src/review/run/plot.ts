import type { RunReport } from "../../run/report.ts";
import type { Objective } from "../../slo/objective.ts";
import { label } from "../escape.ts";

const MOST_POINTS = 60;

/** Blue for what was read and red for the promise, legible on light and dark; low enough to stand between two tables. */
const LOOK = JSON.stringify({
  xyChart: { width: 680, height: 280 },
  themeVariables: { xyChart: { plotColorPalette: "#0969da, #cf222e" } },
});

/**
 * The objective that ended the run, or the first, drawn over time beside its promise. Nothing is drawn where a reading has no value:
 * a gap would have to be invented.
 */
export function plot({ objectives, readings, victims }: RunReport): string {
  const objective = objectives.find(({ name }) => breached(readings, name)) ?? objectives[0];
  const injected = Math.min(...victims.map(({ injectedAt }) => injectedAt));
  if (objective === undefined || !Number.isFinite(injected)) return "";
  const points = readings.filter(({ objective: name }) => name === objective.name).slice(-MOST_POINTS);
  const values = points.flatMap(({ value }) => (value === undefined ? [] : [scaled(value, objective)]));
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined || values.length < 4 || values.length < points.length) return "";
  const promise = scaled(objective.bound.value, objective);
  const top = Math.max(promise, ...values) * 1.1;
  return [
    "```mermaid",
    `%%{init: ${LOOK}}%%`,
    "xychart-beta",
    `  title "${label(objective.name)} and its promise"`,
    `  x-axis "seconds since the fault" ${seconds(first.at, injected)} --> ${seconds(last.at, injected)}`,
    `  y-axis "${unitOf(objective)}" 0 --> ${tidy(top || 1)}`,
    `  line [${values.map(tidy).join(", ")}]`,
    `  line [${values.map(() => tidy(promise)).join(", ")}]`,
    "```",
  ].join("\n");
}

function breached(readings: RunReport["readings"], name: string): boolean {
  return readings.some(({ objective, kind }) => objective === name && kind === "breach");
}

function scaled(value: number, { unit }: Objective): number {
  if (unit === "ratio") return value * 100;
  return unit === "seconds" ? value * 1000 : value;
}

function unitOf({ unit }: Objective): string {
  if (unit === "ratio") return "percent";
  return unit === "seconds" ? "ms" : unit;
}

function seconds(at: number, start: number): number {
  return Math.round((at - start) / 1000);
}

function tidy(value: number): string {
  return String(Number(value.toPrecision(4)));
}
