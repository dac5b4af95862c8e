import type { Prediction } from "../../impact/prediction.ts";
import type { Audience } from "../audience.ts";
import { code, prose, sentence } from "../escape.ts";
import { figure } from "../figure.ts";
import type { ReviewedExperiment } from "../review.ts";
import { table, unbroken } from "../sections.ts";
import { suggestion } from "./what-if.ts";

/** What the fault will do, one figure a row, with the sentence that says what it means. */
export function impactTable(reviewed: ReviewedExperiment, several: boolean): string {
  const { impact, experiment } = reviewed;
  const rows = impact.predictions.map((prediction) => [
    prose(prediction.title),
    prediction.baseline === undefined ? "" : unbroken(figure(prediction.baseline, prediction.unit)),
    `**${unbroken(figure(prediction.value, prediction.unit))}**`,
    sentence(prediction.sentence),
  ]);
  const body = table(["Predicted", "Without:", "With the fault:", "That means"], rows);
  if (body === "") return "";
  const parts = [`#### What it will do${several ? `: ${code(experiment.name)}` : ""}`, body, suggestion(reviewed)];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** How each figure came about: formula, source and the names of its inputs, and then every input once with where it came from. */
export function derivations({ impact }: ReviewedExperiment, audience: Audience): string {
  const rows = impact.predictions.map((prediction) => [
    `${prose(prediction.title)}<br>${prose(prediction.subject)}`,
    range(prediction),
    `${code(prediction.formula)}<br>bound by ${prose(prediction.binding)}`,
    prediction.inputs.map(({ name }) => prose(name)).join(", "),
    prose(prediction.source),
  ]);
  const figures = table(["Figure", "Interval:", "Formula", "Inputs", "Source"], rows);
  const inputs = table(["Input", "Value:", "From"], inputRows(impact.predictions, audience));
  return [figures, inputs].filter((part) => part !== "").join("\n\n");
}

/** Queries and nodes are the cluster's own names, which the public is not shown. */
function inputRows(predictions: readonly Prediction[], audience: Audience): readonly (readonly string[])[] {
  const rows = predictions.flatMap(({ inputs }) =>
    inputs.map(({ name, value, unit, from, at }) => {
      const place = at === undefined || (from === "live" && audience === "public") ? "" : `: ${prose(at)}`;
      return [prose(name), unbroken(figure(value, unit)), `${from}${place}`];
    }),
  );
  return [...new Map(rows.map((row) => [row.join("\0"), row])).values()];
}

/** Figures that cannot be given, with what would make them possible. */
export function notPredicted({ impact }: ReviewedExperiment): readonly string[] {
  return impact.notPredictable.map(
    ({ id, subject, why }) => `Not predicted: ${code(id)} of ${prose(subject)}, because ${prose(why)}.`,
  );
}

function range({ interval, unit }: Prediction): string {
  if (interval === undefined || interval[0] === interval[1]) return "–";
  return `${figure(interval[0], unit)} to ${figure(interval[1], unit)}`;
}
