// Where a run stands -> the few words of its ChaosRun's status that people and `kubectl wait` read.

import type { Finished, Phase } from "../run/phase.ts";
import type { ChaosRunStatus } from "./crd/chaos-run.ts";

/** Everything of a status but what its writer keeps for itself. */
export type Summary = Omit<ChaosRunStatus, "holder" | "journal">;

const LONGEST_SENTENCE = 1000;

/** The status of a run whose terms are known. */
export function summaryOf(phase: Phase): Summary {
  const { story } = phase;
  const target = "target" in phase ? phase.target : undefined;
  const last = story.timeline.at(-1)?.what ?? "";
  return {
    phase: phase.name,
    because: cut(phase.name === "finished" ? phase.ending.because : last),
    victims: story.victims.length,
    matched: target?.matchedPods ?? 0,
    ...(phase.name === "finished" ? endOf(phase) : {}),
  };
}

/** The status of a run that was refused at the door. */
export function refusedSummary(because: string, at: number): Summary {
  const ending = { verdict: "refused", rollback: "not-needed", finishedAt: timeOf(at) } as const;
  return { phase: "finished", because: cut(because), ...ending, conditions: finished("refused", because, at) };
}

function endOf({ ending, rollback, story }: Finished): Summary {
  const { verdict, because } = ending;
  const finishedAt = timeOf(story.updatedAt);
  return { verdict, rollback, finishedAt, conditions: finished(verdict, because, story.updatedAt) };
}

/** So that `kubectl wait --for=condition=Finished` ends with the run. Reasons are CamelCase by Kubernetes' convention. */
function finished(verdict: string, because: string, at: number): NonNullable<ChaosRunStatus["conditions"]> {
  const reason = `${verdict.charAt(0).toUpperCase()}${verdict.slice(1)}`;
  return [{ type: "Finished", status: "True", reason, message: cut(because), lastTransitionTime: timeOf(at) }];
}

/** As Kubernetes writes instants: whole seconds. */
export function timeOf(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, "Z");
}

function cut(sentence: string): string {
  return sentence.slice(0, LONGEST_SENTENCE);
}
