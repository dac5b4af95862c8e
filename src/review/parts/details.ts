import { isDrawn } from "../../selector/selection.ts";
import type { Audience } from "../audience.ts";
import { code, codeInHtml, prose } from "../escape.ts";
import type { ReviewedExperiment } from "../review.ts";
import { folded } from "../sections.ts";
import { derivations, notPredicted } from "./impact.ts";
import { sweepChart } from "./what-if.ts";

/** What a careful reader asks next: where figures came from, and what was assumed. */
export function details(reviewed: ReviewedExperiment, audience: Audience): string {
  const facts = [
    ...hypothesis(reviewed),
    ...objectives(reviewed),
    ...notPredicted(reviewed),
    ...assumptions(reviewed),
  ].map((fact) => `- ${fact}`);
  const body = [derivations(reviewed, audience), facts.join("\n"), sweepChart(reviewed)]
    .filter((part) => part !== "")
    .join("\n\n");
  return folded(`<b>Inputs and assumptions</b>: ${codeInHtml(reviewed.experiment.name)}`, body);
}

function hypothesis({ experiment }: ReviewedExperiment): readonly string[] {
  return experiment.hypothesis === undefined ? [] : [`Hypothesis: ${prose(experiment.hypothesis)}`];
}

function objectives({ objectives: names = [] }: ReviewedExperiment): readonly string[] {
  return names.length === 0 ? [] : [`A run is judged by ${names.map(code).join(", ")}.`];
}

function assumptions({ selection, experiment }: ReviewedExperiment): readonly string[] {
  const drawn =
    "Pods are drawn at the run, by a seed that nobody can choose; which ones they will be is not known before.";
  const spared =
    "Unlike Chaos Mesh, the built-in engine leaves the victims' scrapes and probes alone, so that a fault does not blind its own judge.";
  return [
    ...(selection !== undefined && isDrawn(selection) ? [drawn] : []),
    ...(experiment.kind === "NetworkChaos" ? [spared] : []),
  ];
}
