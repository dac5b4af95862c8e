import type { Prediction } from "../../impact/prediction.ts";
import { milliseconds, short } from "../../impact/units.ts";
import type { Change, Largest } from "../../impact/what-if.ts";
import { prose } from "../escape.ts";
import { figure } from "../figure.ts";
import type { ReviewedExperiment } from "../review.ts";
import { table, unbroken } from "../sections.ts";
import { sparkline } from "../sparkline.ts";
import type { WhatIf } from "../what-if.ts";

/** The suggestion in a sentence, with what the threads do over the delay as a line of blocks. */
export function suggestion({ whatIf }: ReviewedExperiment): string {
  const words = whatIf === undefined ? [] : suggestions(whatIf);
  if (words.length === 0) return "";
  const line = whatIf?.sweep === undefined ? "" : `\n\n${drawn(whatIf.sweep)}`;
  return `**What if:** ${prose(words.join(" "))}${line}`;
}

/** The same as a chart, for servers that draw it. */
export function sweepChart({ whatIf }: ReviewedExperiment): string {
  if (whatIf?.sweep === undefined) return "";
  const { pool, points } = whatIf.sweep;
  const top = Math.max(pool, ...points.map(({ value }) => value)) * 1.1;
  return [
    "```mermaid",
    "xychart-beta",
    '  title "Threads over the delay, and the pool"',
    `  x-axis "delay in ms" [${points.map(({ delayMs }) => delayMs).join(", ")}]`,
    `  y-axis "threads" 0 --> ${short(top)}`,
    `  bar [${points.map(({ value }) => short(value)).join(", ")}]`,
    `  line [${points.map(() => pool).join(", ")}]`,
    "```",
  ].join("\n");
}

/** One figure as written and as asked about; a dash where only one of both has it. */
export type WhatIfRow = {
  readonly title: string;
  readonly subject: string;
  readonly written: string;
  readonly asked: string;
};

/** Every figure of the faulted calls; what the guard would do is judged of what is written alone. */
export function whatIfRows({ impact, whatIf }: ReviewedExperiment): readonly WhatIfRow[] {
  if (whatIf?.asked === undefined) return [];
  const [written, asked] = [impact.predictions, whatIf.asked.impact.predictions];
  const known = new Map([...written, ...asked].map((each) => [keyOf(each), each]));
  return [...known].flatMap(([key, { id, title, subject }]) => {
    if (id === "guard-detects" || id === "budget-spent") return [];
    const shown = (all: readonly Prediction[]): string => cell(all.find((each) => keyOf(each) === key));
    return [{ title, subject, written: shown(written), asked: shown(asked) }];
  });
}

/** The rows as Markdown. */
export function whatIfTable(reviewed: ReviewedExperiment): string {
  const change = reviewed.whatIf?.asked?.change;
  if (change === undefined) return "";
  const rows = whatIfRows(reviewed).map(({ title, subject, written, asked }) => [
    `${prose(title)}<br>${prose(subject)}`,
    unbroken(written),
    unbroken(asked),
  ]);
  return table(["", "As written:", `With ${changeInWords(change)}:`], rows);
}

/** `delay 200 ms`, `loss 1 %`. */
export function changeInWords({ delayMs, lossPercent }: Change): string {
  const parts = [
    ...(delayMs === undefined ? [] : [`delay ${milliseconds(delayMs)}`]),
    ...(lossPercent === undefined ? [] : [`loss ${short(lossPercent)} %`]),
  ];
  return parts.join(" and ");
}

/** The suggestions without Markdown, one sentence each. */
export function suggestions({ delayMs, lossPercent }: WhatIf): readonly string[] {
  return [
    ...(delayMs === undefined ? [] : [sentence("delay", delayMs, milliseconds)]),
    ...(lossPercent === undefined ? [] : [sentence("loss", lossPercent, (value) => `${short(value)} %`)]),
  ];
}

function sentence(what: string, largest: Largest, inWords: (value: number) => string): string {
  switch (largest.kind) {
    case "up-to":
      return `A ${what} of up to ${inWords(largest.value)} breaks nothing; beyond that ${largest.breaks}.`;
    case "none":
      return `No ${what} is small enough, as the rest is written: ${largest.breaks}.`;
    case "any":
      return `A ${what} of up to ${inWords(largest.most)}, the most that was tried, breaks nothing.`;
  }
}

function drawn({ pool, points }: NonNullable<WhatIf["sweep"]>): string {
  const values = points.map(({ value }) => value);
  const [first, last] = [points[0], points.at(-1)];
  const ends = `${milliseconds(first?.delayMs ?? 0)} to ${milliseconds(last?.delayMs ?? 0)}`;
  return `\`${sparkline(values, Math.max(pool, ...values))}\` threads from ${ends}; the pool has ${short(pool)}`;
}

function keyOf({ id, subject }: Prediction): string {
  return `${id} ${subject}`;
}

function cell(prediction: Prediction | undefined): string {
  return prediction === undefined ? "–" : figure(prediction.value, prediction.unit);
}
