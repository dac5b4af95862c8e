import type { RunReport } from "../../run/report.ts";
import type { Objective } from "../../slo/objective.ts";
import { meanOf, worstOf } from "../../slo/worst.ts";
import { code, prose } from "../escape.ts";
import { boundOf, figure } from "../figure.ts";
import { table, unbroken } from "../sections.ts";
import { sparkline } from "../sparkline.ts";

type Readings = RunReport["readings"];
type During = Readings[number]["during"];

const PARTS: readonly During[] = ["baseline", "watching", "verifying"];

/** Each objective before, during and after the fault, with every reading as a bar. */
export function objectivesTable({ objectives, readings }: RunReport): string {
  if (readings.length === 0) return "";
  const rows = objectives.map((objective) => row(objective, readings));
  const body = table(["", "Objective", "Promise", "Before:", "Worst:", "After:", "Before │ during │ after"], rows);
  return `#### Objectives\n\n${body}`;
}

function row(objective: Objective, all: Readings): readonly string[] {
  const readings = all.filter((reading) => reading.objective === objective.name);
  const of = (during: During) => readings.filter((reading) => reading.during === during);
  const scope = objective.scope === "outside" ? " _(outside)_" : "";
  return [
    standing(of("watching")),
    `${prose(objective.title)}${scope}`,
    unbroken(boundOf(objective.bound, objective.unit)),
    shown(meanOf(of("baseline"), objective), objective),
    `${shown(worstOf(of("watching"), objective), objective)}${blindness(of("watching"))}`,
    shown(of("verifying").at(-1)?.value, objective),
    bars(objective, readings),
  ];
}

function standing(readings: Readings): string {
  if (readings.length === 0) return "–";
  if (readings.some(({ kind }) => kind === "breach")) return "✗";
  return readings.every(({ kind }) => kind === "ok") ? "✓" : "?";
}

/** Readings that were no answer, by kind: not knowing is shown, never left out. */
function blindness(readings: Readings): string {
  const blind = readings.filter(({ kind }) => kind !== "ok" && kind !== "breach").map(({ kind }) => kind);
  const kinds = [...new Set(blind)].map((kind) => `${blind.filter((each) => each === kind).length} × ${kind}`);
  return kinds.length === 0 ? "" : ` (${kinds.join(", ")})`;
}

function shown(value: number | undefined, { unit }: Objective): string {
  return value === undefined ? "–" : unbroken(figure(value, unit));
}

/** One scale for the three parts, reaching at least to the promise. */
function bars({ bound }: Objective, readings: Readings): string {
  if (readings.length === 0) return "–";
  const top = Math.max(bound.value, ...readings.flatMap(({ value }) => value ?? []));
  const parts = PARTS.map((part) => readings.filter(({ during }) => during === part).map(({ value }) => value));
  return code(parts.map((values) => sparkline(values, top)).join("│"));
}
