import { visible } from "./escape.ts";
import { figure } from "./figure.ts";
import { type FileRemark, remarksOf } from "./parts/remarks.ts";
import { clock, drawnEnd, timelineSentences } from "./parts/timeline.ts";
import { verdictOf } from "./parts/verdict.ts";
import { fault, hits, length, peers } from "./parts/words.ts";
import type { Review, ReviewedExperiment } from "./review.ts";

/** The review as plain text for a terminal; no text of others reaches the screen unfiltered. */
export function renderTerminal(review: Review): string {
  const { icon, sentence } = verdictOf(review);
  const plan = review.plan === undefined ? [] : [`   plan ${review.plan}, environment ${visible(review.environment)}`];
  const parts = [
    [`${icon} ${visible(sentence)}`, ...plan],
    remarksOf(review).flatMap(remarkLines),
    ...review.experiments.map(experimentLines),
  ];
  const shown = parts.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return `${shown.join("\n\n")}\n`;
}

/** `path:line:column` first, as editors and terminals recognise it. */
function remarkLines({ path, place, severity, code, message, fix }: FileRemark): readonly string[] {
  return [
    `${visible(path)}:${place.line}:${place.column} ${severity} ${visible(message)} [${code}]`,
    `    ${visible(fix)}`,
  ];
}

function experimentLines(reviewed: ReviewedExperiment): readonly string[] {
  const { experiment, impact, selectionMissing } = reviewed;
  const towards = peers(reviewed);
  return [
    visible(experiment.name),
    `  hits    ${hits(reviewed)}${selectionMissing === undefined ? "" : ` (${visible(selectionMissing)})`}`,
    `  fault   ${visible(fault(experiment))}${towards === "" ? "" : ` towards ${towards}`} ${length(reviewed)}`,
    ...timelineLines(reviewed),
    ...impact.predictions.map(
      ({ title, value, unit, sentence }) =>
        `  ${figure(value, unit).padStart(12)}  ${visible(title)}: ${visible(sentence)}`,
    ),
    ...impact.notPredictable.map(({ id, why }) => `  ${"?".padStart(12)}  ${id}: ${visible(why)}`),
  ];
}

const BAR_WIDTH = 40;

/** A Workflow as bars along one line of time, a Schedule as its next moments. */
function timelineLines({ experiment: { timeline }, nextRuns }: ReviewedExperiment): readonly string[] {
  const bars = timeline?.bars ?? [];
  const whole = Math.max(1, ...bars.map((bar) => drawnEnd(bar, bars)));
  const widest = Math.max(0, ...bars.map(({ name }) => visible(name).length));
  const lines = bars.map((bar) => {
    const [from, to] = [bar.startMs, drawnEnd(bar, bars)].map((at) => Math.round((at / whole) * BAR_WIDTH));
    const mark = (bar.what === "fault" ? "█" : "░").repeat(Math.max(1, (to ?? 0) - (from ?? 0)));
    const end = bar.endMs === undefined ? "?" : clock(bar.endMs);
    const drawn = `${" ".repeat(from ?? 0)}${mark}`.padEnd(BAR_WIDTH + 1);
    return `  ${visible(bar.name).padEnd(widest)}  ${drawn} ${clock(bar.startMs)}-${end}`;
  });
  const runs =
    nextRuns === undefined
      ? []
      : [`  next    ${nextRuns.times.map(({ shown }) => shown).join(", ")} (${visible(nextRuns.zone)})`];
  return [
    ...lines,
    ...(timeline === undefined ? [] : timelineSentences(timeline).map((line) => `  ${visible(line)}`)),
    ...runs,
  ];
}
