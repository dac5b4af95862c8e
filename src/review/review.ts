import type { Impact } from "../impact/prediction.ts";
import type { ManifestFile } from "../manifest/document.ts";
import type { Experiment } from "../manifest/experiment.ts";
import type { Finding, Place } from "../manifest/problem.ts";
import type { BlastRadius } from "../selector/blast-radius.ts";
import type { ReviewedSelection } from "../selector/drift.ts";
import type { Selection } from "../selector/selection.ts";
import type { ExperimentChange } from "./changes.ts";
import type { OwnedService } from "./owners.ts";
import type { WhatIf } from "./what-if.ts";

/** When a Schedule runs next. */
export type Runs = {
  /** Of the times, an IANA name. */
  readonly zone: string;
  /** False: the schedule names no zone, and this is the one of Chaos Mesh's image. */
  readonly isDeclared: boolean;
  /** `shown`: as a clock in the zone shows it. */
  readonly times: readonly { readonly at: number; readonly shown: string }[];
  readonly lengthMs?: number;
};

/** One experiment with everything that is said about it. */
export type ReviewedExperiment = {
  readonly path: string;
  readonly index: number;
  readonly place: Place;
  readonly experiment: Experiment;
  /** Absent: no snapshot of the cluster was available; `selectionMissing` says why. */
  readonly selection?: Selection;
  readonly selectionMissing?: string;
  /** Of the selection, for the ticket: a run must still find what was reviewed. */
  readonly reviewedSelection?: ReviewedSelection;
  /** What the mode may hit, whoever is drawn. Absent with the selection. */
  readonly reach?: BlastRadius;
  /** Services that may be hit, with their owners; absent where nobody maps any. */
  readonly owners?: readonly OwnedService[];
  /** Of manifest, policy and impact together, sorted by line. */
  readonly findings: readonly Finding[];
  /** Names of the objectives that a run would be judged by. */
  readonly objectives?: readonly string[];
  readonly impact: Impact;
  /** The most that breaks nothing, and what was asked about; absent where there is nothing to change. */
  readonly whatIf?: WhatIf;
  /** What will be applied: the manifest's duration or the cap. Absent: neither is known. */
  readonly effectiveDurationMs?: number;
  readonly cappedFromMs?: number;
  /** Of a Schedule, where the reviewer knows what time it is. */
  readonly nextRuns?: Runs;
};

/** `invalid`: the cluster would refuse something. `refused`: policy would. `reviewed`: may be run when approved. */
export type ReviewOutcome = "no-experiments" | "invalid" | "refused" | "reviewed";

/** Whether and how a plan can be run in the reviewed environment. */
export type Execution = {
  /** `off`: the switch is off. `nowhere`: no cluster and runner are pinned for the environment. */
  readonly state: "on" | "off" | "nowhere";
  readonly approvals: number;
  readonly onMerge: boolean;
};

/** All that is said about the experiments of one commit; Markdown, terminal text and JSON are renderings of this. */
export type Review = {
  readonly rulesVersion: string;
  /** Content hash an approval binds to; present when every document was accepted. */
  readonly plan?: string;
  readonly headSha: string;
  readonly baseSha?: string;
  readonly environment: string;
  readonly outcome: ReviewOutcome;
  /** What the settings ask for before a run; absent where a renderer need not say what to do next. */
  readonly execution?: Execution;
  readonly files: readonly ManifestFile[];
  readonly experiments: readonly ReviewedExperiment[];
  /** Findings of documents that the cluster would refuse, by file. */
  readonly otherFindings?: readonly { readonly path: string; readonly finding: Finding }[];
  readonly clusterSeenAt?: number;
  /** Against the base; absent where nobody looked at it. */
  readonly changes?: readonly ExperimentChange[];
};
