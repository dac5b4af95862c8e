// A phase enters, the report that people read leaves. Everything in it is already bounded: by the story, or cut here.

import type { Prediction } from "../impact/prediction.ts";
import type { Experiment } from "../manifest/experiment.ts";
import { objectiveFigures } from "./measured.ts";
import { modelFigures } from "./model-figures.ts";
import type { Phase } from "./phase.ts";
import type { RunReport } from "./report.ts";
import type { Story } from "./story.ts";
import type { Terms } from "./terms.ts";

const MOST_VICTIMS = 500;
const MOST_RESIDUE = 500;

/** A report with one sentence too long would be refused whole, and then nobody would hear of the run. */
const LONGEST_SENTENCE = 1_000;
const LONGEST_NAME = 253;

/** What the runner says of a run now. `sequence` is higher in every later report. */
export function reportOf(phase: Phase, sequence: number): RunReport {
  const { terms, story } = phase;
  return {
    ...identityOf(terms),
    sequence,
    phase: phase.name,
    updatedAt: story.updatedAt,
    ...progressOf(phase),
    ...storyOf(story),
    objectives: terms.objectives,
    predictions: predictionsOf(terms),
    measured: [
      ...story.measured,
      ...objectiveFigures(terms.objectives, story),
      ...modelFigures(terms.objectives, story, predictionsOf(terms)),
    ].map((figure) => ({
      ...figure,
      subject: figure.subject.slice(0, LONGEST_NAME),
    })),
    ...endOf(phase),
  };
}

function predictionsOf({ claims, manifest }: Terms): readonly Prediction[] {
  return claims.predictions[`${manifest.path}#${manifest.index}`] ?? [];
}

function identityOf(terms: Terms) {
  const { claims, experiment, runId, clusterId, runner, manifest, requestedAt } = terms;
  const { owner, name } = claims.repository;
  return {
    version: 1 as const,
    runId,
    ticketId: claims.jti,
    clusterId,
    runner,
    repository: { owner, name },
    pullRequest: claims.pull_request,
    headSha: claims.head_sha,
    environment: claims.environment,
    plan: claims.plan,
    manifest,
    experiment: { name: experiment.name, namespace: experiment.namespace, ...kindOf(experiment) },
    ...(experiment.hypothesis === undefined ? {} : { hypothesis: cut(experiment.hypothesis) }),
    requester: claims.requester.login,
    requestedAt,
  };
}

function kindOf(experiment: Experiment): { readonly kind: string; readonly action: string } {
  switch (experiment.kind) {
    case "NetworkChaos":
      return { kind: experiment.kind, action: experiment.network.action };
    case "PodChaos":
      return { kind: experiment.kind, action: experiment.pod.action };
    case "StressChaos":
      return { kind: experiment.kind, action: "" };
    case "IOChaos":
      return { kind: experiment.kind, action: experiment.io.act.kind };
    case "TimeChaos":
      return { kind: experiment.kind, action: "" };
    case "Other":
      return { kind: experiment.chaosKind, action: "" };
  }
}

function progressOf(phase: Phase) {
  const capped = "cappedFromMs" in phase ? phase.cappedFromMs : undefined;
  const duration = "durationMs" in phase ? phase.durationMs : undefined;
  const lease = "lease" in phase ? phase.lease : undefined;
  return {
    durationMs: duration ?? phase.terms.experiment.durationMs ?? 0,
    ...(capped === undefined ? {} : { cappedFromMs: capped }),
    matchedPods: ("target" in phase ? phase.target?.matchedPods : undefined) ?? 0,
    ...(lease === undefined ? {} : { lease }),
  };
}

function storyOf({ victims, readings, timeline, silence, residue }: Story) {
  return {
    victims: victims
      .slice(0, MOST_VICTIMS)
      .map((victim) => ({ ...victim, felt: { ...victim.felt, how: cut(victim.felt.how) } })),
    readings,
    timeline,
    ...(silence === undefined ? {} : { silence }),
    ...(residue === undefined ? {} : { residue: { ...residue, found: residue.found.slice(0, MOST_RESIDUE).map(cut) } }),
  };
}

function endOf(phase: Phase) {
  const undoFailures = ("ledger" in phase ? (phase.ledger?.failures ?? []) : []).map(cut);
  if (phase.name !== "finished") return { undoFailures };
  const { ending, rollback } = phase;
  return { undoFailures, verdict: ending.verdict, because: cut(ending.because), rollback };
}

function cut(sentence: string): string {
  return sentence.slice(0, LONGEST_SENTENCE);
}
