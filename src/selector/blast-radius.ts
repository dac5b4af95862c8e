// How far an experiment reaches, before anybody is drawn: matched pods, mode and snapshot enter; workloads, nodes and disruption
// budgets with what may be hit and what is left leave. The most that a mode may draw counts, because that may be what happens.

import type { Experiment } from "../manifest/experiment.ts";
import { isCovered } from "./budget.ts";
import { type Hits, hitsIn } from "./hits.ts";
import { indexOf, workloadOf } from "./pod-index.ts";
import type { PodFact, Snapshot } from "./snapshot.ts";

export type WorkloadReach = {
  /** `namespace/Deployment/checkout`. */
  readonly workload: string;
  readonly hits: Hits;
  /** All pods of the workload, matching or not. */
  readonly pods: number;
  /** Ready pods that remain when the mode hits the most that it may. */
  readonly readyLeft: number;
  /** It has one pod only. */
  readonly isSingle: boolean;
};

export type NodeReach = { readonly node: string; readonly hits: Hits };

export type BudgetReach = {
  readonly budget: string;
  readonly hits: Hits;
  readonly allowed: number;
};

export type BlastRadius = {
  readonly matched: number;
  readonly hits: Hits;
  readonly workloads: readonly WorkloadReach[];
  readonly nodes: readonly NodeReach[];
  readonly budgets: readonly BudgetReach[];
};

/** The reach of `matched`, from which the experiment's mode draws. */
export function blastRadius({ mode }: Experiment, matched: readonly PodFact[], snapshot: Snapshot): BlastRadius {
  const hitsOf = (group: number) => hitsIn(mode, matched.length, group);
  const workloads = [...Map.groupBy(matched, workloadOf)].map(([workload, pods]) =>
    workloadReach(workload, pods, hitsOf(pods.length), snapshot),
  );
  const nodes = [...Map.groupBy(matched, ({ node }) => node)].map(([node, pods]) => ({
    node,
    hits: hitsOf(pods.length),
  }));
  const budgets = snapshot.budgets.flatMap((budget) => {
    const covered = matched.filter((pod) => isCovered(pod, budget)).length;
    if (covered === 0) return [];
    const { namespace, name, disruptionsAllowed } = budget;
    return [{ budget: `${namespace}/${name}`, hits: hitsOf(covered), allowed: disruptionsAllowed }];
  });
  return { matched: matched.length, hits: hitsOf(matched.length), workloads, nodes, budgets };
}

/** Ready ones are hit first in the worst draw. */
function workloadReach(workload: string, matched: readonly PodFact[], hits: Hits, snapshot: Snapshot): WorkloadReach {
  const { workloadSizes, readySizes } = indexOf(snapshot);
  const pods = workloadSizes.get(workload) ?? matched.length;
  const readyMatched = matched.filter(({ ready }) => ready).length;
  const readyLeft = (readySizes.get(workload) ?? 0) - Math.min(readyMatched, hits.most);
  return { workload, hits, pods, readyLeft, isSingle: pods === 1 };
}
