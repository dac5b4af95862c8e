import type { Prediction } from "../../impact/prediction.ts";
import type { Measured, RunReport } from "../../run/report.ts";
import { prose } from "../escape.ts";
import { figure } from "../figure.ts";
import { table, unbroken } from "../sections.ts";

/** What was predicted beside what was measured, and how far apart they are. */
export function predictedBesideMeasured({ predictions, measured }: RunReport): string {
  const rows = measured.flatMap((each) => {
    const prediction = predictions.find(({ id }) => id === each.id);
    return prediction === undefined ? [] : [row(prediction, each)];
  });
  const body = table(["", "Predicted:", "Measured:", "Off by:", "How it was measured"], rows);
  return body === "" ? "" : `#### Predicted beside measured\n\n${body}`;
}

function row(prediction: Prediction, { value, unit, title, how }: Measured): readonly string[] {
  return [prose(title), expected(prediction), unbroken(figure(value, unit)), difference(prediction, value), prose(how)];
}

function expected({ value, unit, interval }: Prediction): string {
  if (interval === undefined || interval[0] === interval[1]) return figure(value, unit);
  return `${figure(value, unit)} (${figure(interval[0], unit)} to ${figure(interval[1], unit)})`;
}

function difference({ value: predicted }: Prediction, measured: number): string {
  if (predicted === 0) return "–";
  const percent = (100 * (measured - predicted)) / predicted;
  return unbroken(`${percent < 0 ? "−" : "+"}${Math.abs(percent).toFixed(1)} %`);
}

/** Predictions that nothing measured, so that a reader sees what the run cannot say. */
export function unmeasured({ predictions, measured }: RunReport): string {
  const rest = predictions.filter(({ id }) => !measured.some((each) => each.id === id));
  return rest.map(({ subject, sentence }) => `- ${prose(subject)}: ${prose(sentence)}`).join("\n");
}
