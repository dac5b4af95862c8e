import type { Prediction } from "../impact/prediction.ts";
import { visible } from "./escape.ts";
import { figure } from "./figure.ts";
import { type FileRemark, remarksOf } from "./parts/remarks.ts";
import { verdictOf } from "./parts/verdict.ts";
import { changeInWords, suggestions, whatIfRows } from "./parts/what-if.ts";
import { fault, hits, length, peers } from "./parts/words.ts";
import type { Review, ReviewedExperiment } from "./review.ts";
import { changeLines } from "./terminal-changes.ts";
import { reachLines } from "./terminal-reach.ts";
import { timelineLines } from "./terminal-timeline.ts";
import type { WhatIf } from "./what-if.ts";

/** The review as plain text for a terminal; no text of others reaches the screen unfiltered. */
export function renderTerminal(
  review: Review,
  { explain }: { readonly explain: boolean } = { explain: false },
): string {
  const { icon, sentence } = verdictOf(review);
  const plan = review.plan === undefined ? [] : [`   plan ${review.plan}, environment ${visible(review.environment)}`];
  const parts = [
    [`${icon} ${visible(sentence)}`, ...plan],
    changeLines(review),
    remarksOf(review).flatMap(remarkLines),
    ...review.experiments.map((reviewed) => experimentLines(reviewed, explain)),
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

function experimentLines(reviewed: ReviewedExperiment, explain: boolean): readonly string[] {
  const { experiment, impact, selectionMissing } = reviewed;
  const towards = peers(reviewed);
  return [
    visible(experiment.name),
    `  hits    ${hits(reviewed)}${selectionMissing === undefined ? "" : ` (${visible(selectionMissing)})`}`,
    `  fault   ${visible(fault(experiment))}${towards === "" ? "" : ` towards ${towards}`} ${length(reviewed)}`,
    ...ownerLines(reviewed),
    ...reachLines(reviewed),
    ...timelineLines(reviewed),
    ...impact.predictions.flatMap((prediction) => {
      const { title, value, unit, sentence } = prediction;
      const said = `  ${figure(value, unit).padStart(12)}  ${visible(title)}: ${visible(sentence)}`;
      return explain ? [said, ...derivationLines(prediction)] : [said];
    }),
    ...(reviewed.whatIf === undefined ? [] : whatIfLines(reviewed, reviewed.whatIf)),
    ...impact.notPredictable.map(({ id, why }) => `  ${"?".padStart(12)}  ${id}: ${visible(why)}`),
  ];
}

function ownerLines({ owners = [] }: ReviewedExperiment): readonly string[] {
  return owners.map(({ service, owners: all }, at) => {
    const named = all.length === 0 ? "nobody" : all.map(visible).join(", ");
    return `  ${at === 0 ? "owners " : "       "} ${visible(service)}: ${named}`;
  });
}

/** How a figure came about: formula, source, and each input with where it was read. */
function derivationLines({ formula, source, inputs, interval, unit }: Prediction): readonly string[] {
  const between = interval === undefined ? [] : [`from ${interval.map((end) => figure(end, unit)).join(" to ")}`];
  const read = inputs.map(({ name, value, unit: of, from, at }) => {
    return `${visible(name)} = ${figure(value, of)} (${from}${at === undefined ? "" : `: ${visible(at)}`})`;
  });
  return [...between, visible(formula), visible(source), ...read].map((line) => `                  ${line}`);
}

function whatIfLines(reviewed: ReviewedExperiment, found: WhatIf): readonly string[] {
  const asked = found.asked === undefined ? [] : [`  with ${changeInWords(found.asked.change)} instead:`];
  const rows = whatIfRows(reviewed).map(({ title, subject, written, asked: instead }) => {
    return `  ${written.padStart(12)} -> ${instead.padStart(12)}  ${visible(title)}, ${visible(subject)}`;
  });
  return [...suggestions(found).map((one) => `  what if ${visible(one)}`), ...asked, ...rows];
}
