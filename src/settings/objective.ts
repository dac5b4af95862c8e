import { type Bound, MEASURED_FIGURES, type Objective } from "../slo/objective.ts";
import type { Fields } from "./fields.ts";

/** Prometheus scrapes every 15 s by default; four missed scrapes are its own staleness marker's order of magnitude. */
const DEFAULT_MAX_AGE_SECONDS = 60;
const SIDES = ["below", "above"] as const;

/** Reads one objective; its promise is `below` or `above`, and the baseline's is the same unless it says otherwise. */
export function readObjective(fields: Fields): Objective {
  const bound = readBound(fields, { below: "below", above: "above" });
  if (bound === undefined)
    fields.complainAt("below", "settings-missing", `${fields.name} promises nothing`, "Add below or above.");
  const baseline = readBound(fields, { below: "baselineBelow", above: "baselineAbove" });
  const traffic = fields.map("traffic", readTraffic);
  const measures = fields.word("measures", MEASURED_FIGURES);
  const budget = fields.map("budget", readBudget);
  const maxAgeMs = fields.durationMs("maxAge");
  const objective: Objective = {
    name: fields.name,
    title: fields.text("title") ?? fields.name,
    query: fields.text("query", { required: true }) ?? "",
    freshness: fields.text("freshness", { required: true }) ?? "",
    maxAgeSeconds: maxAgeMs === undefined ? DEFAULT_MAX_AGE_SECONDS : maxAgeMs / 1000,
    bound: bound ?? { kind: "below", value: 0 },
    baselineBound: baseline ?? bound ?? { kind: "below", value: 0 },
    scope: fields.word("scope", ["inside", "outside"]) ?? "inside",
    ...(traffic !== undefined && { traffic }),
    unit: fields.word("unit", ["ratio", "seconds", "per-second", "count"]) ?? "ratio",
    ...(measures !== undefined && { measures }),
    ...(budget !== undefined && { budget }),
  };
  fields.refuseOthers();
  return objective;
}

function readBound(fields: Fields, names: Readonly<Record<(typeof SIDES)[number], string>>): Bound | undefined {
  const bounds = SIDES.flatMap((kind) => {
    const value = fields.number(names[kind]);
    return value === undefined ? [] : [{ kind, value }];
  });
  if (bounds.length > 1) {
    const fix = `Keep ${names.below} or ${names.above}.`;
    fields.complainAt(names.above, "settings-wrong-value", `${fields.name} promises both sides`, fix);
  }
  return bounds[0];
}

/** `slo` and `spend` are percentages; a period is at most a year. */
function readBudget(fields: Fields): NonNullable<Objective["budget"]> {
  const slo = fields.number("slo", { required: true }) ?? 0;
  const periodMs = fields.durationMs("period", { required: true }) ?? 0;
  const spend = fields.number("spend") ?? 100;
  for (const [name, value] of [
    ["slo", slo],
    ["spend", spend],
  ] as const)
    if (value > 100)
      fields.complainAt(name, "settings-wrong-value", `budget.${name} is over 100`, "Write a number from 0 to 100.");
  fields.refuseOthers();
  return { promise: slo / 100, periodSeconds: periodMs / 1000, spend: spend / 100 };
}

function readTraffic(fields: Fields): { readonly query: string; readonly atLeast: number } {
  const traffic = {
    query: fields.text("query", { required: true }) ?? "",
    atLeast: fields.number("atLeast", { required: true }) ?? 0,
  };
  fields.refuseOthers();
  return traffic;
}
