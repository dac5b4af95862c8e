import type { Json, JsonSchema } from "../../manifest/schema/json-schema.ts";
import { MEASURED_FIGURES } from "../../slo/objective.ts";
import { duration, map, number, requiredText, text, words } from "./parts.ts";

const TRAFFIC = map(
  "Below so much traffic the objective says nothing.",
  {
    query: requiredText("The traffic, in PromQL."),
    atLeast: { description: "The least.", type: "number", minimum: 0 },
  },
  ["query", "atLeast"],
);

const BUDGET = map(
  "What users were promised, and how much of its error budget one run may cost.",
  {
    slo: { description: "The promise, in percent.", type: "number", minimum: 0, maximum: 100 },
    period: { ...duration("Over which it is counted."), type: "string" },
    spend: { ...number("How many percent of the budget one run may cost; all of it without."), maximum: 100 },
  },
  ["slo", "period"],
);

/** One objective; it promises one side, and the baseline at most one. */
export const OBJECTIVE_SCHEMA: JsonSchema = {
  ...map(
    "A promise about one query.",
    {
      title: text("What people read."),
      query: requiredText("What is measured, in PromQL."),
      freshness: requiredText("Seconds since the newest sample, in PromQL."),
      maxAge: duration("Older samples say nothing; 60 s without it."),
      below: number("The promise during a run: less than this."),
      above: number("The promise during a run: more than this."),
      baselineBelow: number("What must hold before any fault."),
      baselineAbove: number("What must hold before any fault."),
      scope: words("Whether it is about what is hit, or about what must stay well.", ["inside", "outside"]),
      traffic: TRAFFIC,
      measures: words("The model's figure that this query measures.", MEASURED_FIGURES),
      budget: BUDGET,
      unit: words("How the figure is written.", ["ratio", "seconds", "per-second", "count"]),
    },
    ["query", "freshness"],
  ),
  oneOf: [written("below"), written("above")],
  not: { allOf: [written("baselineBelow"), written("baselineAbove")] },
};

/** The field is there and not empty. */
function written(name: string): Json {
  return { properties: { [name]: { type: "number" } }, required: [name] };
}
