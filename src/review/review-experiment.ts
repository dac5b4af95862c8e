import { lintImpact } from "../impact/lint.ts";
import { liveFacts } from "../impact/live-facts.ts";
import { predict } from "../impact/predict.ts";
import type { Impact } from "../impact/prediction.ts";
import type { Change } from "../impact/what-if.ts";
import type { ManifestDocument } from "../manifest/document.ts";
import type { Experiment } from "../manifest/experiment.ts";
import type { Finding, Place } from "../manifest/problem.ts";
import { effectiveDuration, isOneShot } from "../policy/duration.ts";
import { judge } from "../policy/judge.ts";
import type { Policy } from "../policy/policy.ts";
import { type BlastRadius, blastRadius } from "../selector/blast-radius.ts";
import { reviewedSelection } from "../selector/drift.ts";
import { select } from "../selector/select.ts";
import type { Selection } from "../selector/selection.ts";
import type { Snapshot } from "../selector/snapshot.ts";
import type { Settings } from "../settings.ts";
import { judgeEngine } from "./judge-engine.ts";
import { judgeGuard } from "./judge-guard.ts";
import { judgeObjectives, objectivesOf } from "./judge-objectives.ts";
import { nextRunsOf } from "./next-runs.ts";
import { judgeOwners, ownersHit } from "./owners.ts";
import type { ReviewedExperiment } from "./review.ts";
import { whatIf } from "./what-if.ts";

export type Around = {
  readonly settings: Settings;
  readonly environment: string;
  readonly policy: Policy;
  readonly placeOf: (path: string) => Place;
  readonly seed: string;
  readonly snapshot?: Snapshot;
  /** By the name of a service; one that is absent here is not known. */
  readonly owners: ReadonlyMap<string, readonly string[]>;
  readonly selectionMissing?: string;
  readonly now?: number;
  /** What a person asks about instead of what is written. */
  readonly change?: Change;
};

const OF_A_WORKFLOW = "each template of a Workflow selects pods of its own, at the moment when it runs";

/** Everything that is said about one document; nothing for one that the cluster would refuse. */
export function reviewExperiment(
  path: string,
  document: ManifestDocument,
  around: Around,
): readonly ReviewedExperiment[] {
  const { experiment, index, place } = document;
  if (experiment === undefined) return [];
  const { settings, environment, policy, snapshot, seed } = around;
  const isWorkflow = experiment.timeline !== undefined;
  const selection = snapshot === undefined || isWorkflow ? undefined : select(experiment, snapshot, seed);
  const reach =
    selection === undefined || snapshot === undefined
      ? undefined
      : blastRadius(experiment, selection.matched, snapshot);
  const { impact, findings } = modelled(experiment, selection, around);
  const objectives = objectivesOf(experiment, environment, settings);
  const owned = ownersHit(experiment, selection, settings.services, around.owners);
  const changed = whatIf(experiment, { selection, snapshot, settings, objectives, change: around.change });
  return [
    {
      path,
      index,
      place,
      experiment,
      ...(selection === undefined
        ? { selectionMissing: isWorkflow ? OF_A_WORKFLOW : (around.selectionMissing ?? "no cluster was looked at") }
        : { selection, reviewedSelection: reviewedSelection(selection, seed) }),
      ...(reach !== undefined && { reach }),
      ...(owned.length > 0 && { owners: owned }),
      findings: sorted([
        ...findingsOf(document, experiment, selection, around, reach),
        ...findings,
        ...judgeOwners(owned, around.placeOf),
      ]),
      objectives,
      impact,
      ...(changed !== undefined && { whatIf: changed }),
      ...durationOf(experiment, policy),
      ...runsOf(experiment, around),
    },
  ];
}

function findingsOf(
  document: ManifestDocument,
  experiment: Experiment,
  selection: Selection | undefined,
  { settings, environment, policy, placeOf, snapshot }: Around,
  reach: BlastRadius | undefined,
): readonly Finding[] {
  const names = objectivesOf(experiment, environment, settings);
  const place = placeOf("metadata.annotations");
  // Whether a fault without a duration ever ends is for the policy to say, which may have a cap.
  const own = document.findings.filter(({ code }) => code !== "no-duration");
  const judged = judge(experiment, selection, policy, placeOf, snapshot?.budgets, reach);
  const ours = [...judgeObjectives(names, settings, place), ...judgeEngine(experiment, placeOf)];
  return [...own, ...judged, ...ours];
}

function runsOf(experiment: Experiment, { now }: Around): Pick<ReviewedExperiment, "nextRuns"> {
  const nextRuns = now === undefined ? undefined : nextRunsOf(experiment, now);
  return nextRuns === undefined ? {} : { nextRuns };
}

/** What the impact model predicts, and what it has against the experiment. */
function modelled(
  experiment: Experiment,
  selection: Selection | undefined,
  { settings, environment, policy, placeOf, snapshot }: Around,
): { readonly impact: Impact; readonly findings: readonly Finding[] } {
  const { services } = settings;
  const live = liveFacts(snapshot, services);
  const impact = predict(experiment, selection, services, live);
  const names = objectivesOf(experiment, environment, settings);
  const guard = judgeGuard(names, impact, settings, durationOf(experiment, policy).effectiveDurationMs);
  return {
    impact: { ...impact, predictions: [...impact.predictions, ...guard.predictions] },
    findings: [
      ...lintImpact(experiment, selection, services, placeOf, live),
      ...guard.remarks.map((remark) => ({ ...remark, place: placeOf(remark.path) })),
    ],
  };
}

function sorted(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((one, other) => one.place.line - other.place.line || one.place.column - other.place.column);
}

type Duration = { readonly effectiveDurationMs?: number; readonly cappedFromMs?: number };

function durationOf(experiment: Experiment, { caps }: Policy): Duration {
  if (isOneShot(experiment)) return {};
  const { durationMs, cappedFromMs } = effectiveDuration(experiment, caps.durationMs);
  return {
    ...(durationMs !== undefined && { effectiveDurationMs: durationMs }),
    ...(cappedFromMs !== undefined && { cappedFromMs }),
  };
}
