import type { PodFact } from "./snapshot.ts";

/** The chosen set, resolved at a moment from a seed: the same seed and pods give the same selection. */
export type Selection = {
  readonly matched: readonly PodFact[];
  readonly selected: readonly PodFact[];
  /** Peers of a NetworkChaos (its `target`), selected by their own mode; empty when there is no target. */
  readonly peers: readonly PodFact[];
  /** Range of pods that the mode may select: equal bounds unless the mode is random. */
  readonly count: { readonly least: number; readonly most: number };
  /** Share of each touched workload, by `namespace/workload`. */
  readonly workloads: readonly { readonly workload: string; readonly selected: number; readonly of: number }[];
};

/** Whether chance decides which of the matched pods are hit: no name of a pod is a promise then. */
export function isDrawn({ matched, count }: Pick<Selection, "matched" | "count">): boolean {
  return count.most > 0 && count.least < matched.length;
}
