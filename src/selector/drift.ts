// What a review says of a selection, in few enough words for a ticket and without a name that a reader could not know; and later, what
// has become of it. Pods come and go all day: it is workloads and numbers that must still be what somebody agreed to.

import { markUnder } from "./rendezvous.ts";
import type { Selection } from "./selection.ts";
import type { PodFact } from "./snapshot.ts";

export type ReviewedSelection = {
  /** Pods that matched. */
  readonly matched: number;
  /** Matching pods by the mark of their workload, which only who knows the seed can make. */
  readonly workloads: Readonly<Record<string, number>>;
};

/** A daemon reads 64 KiB of a ticket; a selection of more workloads is remembered by its number of pods alone. */
const MOST_WORKLOADS = 50;

/** A deployment may be scaled between review and run; by more than this factor it is another experiment. */
const MOST_GROWTH = 1.5;

/** The summary that a ticket carries. */
export function reviewedSelection({ matched }: Pick<Selection, "matched">, seed: string): ReviewedSelection {
  const mark = markUnder(seed);
  const marks = matched.map((pod) => mark(workloadOf(pod)));
  const counts = Object.fromEntries([...Map.groupBy(marks, (one) => one)].map(([one, all]) => [one, all.length]));
  return { matched: matched.length, workloads: Object.keys(counts).length > MOST_WORKLOADS ? {} : counts };
}

/** What changed since the review beyond what churn does; empty when it is still the same experiment. */
export function driftSince(
  reviewed: ReviewedSelection,
  { matched }: Pick<Selection, "matched">,
  seed: string,
): readonly string[] {
  return [...workloadDrift(reviewed, matched, seed), ...numberDrift(reviewed.matched, matched.length)];
}

function workloadDrift({ workloads }: ReviewedSelection, matched: readonly PodFact[], seed: string): readonly string[] {
  const known = new Set(Object.keys(workloads));
  if (known.size === 0) return [];
  const mark = markUnder(seed);
  const now = Map.groupBy(matched, workloadOf);
  const joined = [...now].filter(([workload]) => !known.has(mark(workload)));
  const left = known.size - (now.size - joined.length);
  return [
    ...joined.map(
      ([workload, pods]) => `${workload} matches now with ${pods.length} pods, and the review did not see it`,
    ),
    ...(left === 0 ? [] : [`${left} of the ${known.size} workloads that the review saw match no longer`]),
    ...scaledIn(now, (workload) => workloads[mark(workload)]),
  ].map(again);
}

/** A sum that stayed can hide that one workload took the place of another. */
function scaledIn(
  now: ReadonlyMap<string, readonly PodFact[]>,
  reviewedOf: (workload: string) => number | undefined,
): readonly string[] {
  return [...now].flatMap(([workload, { length }]) => {
    const before = reviewedOf(workload);
    if (before === undefined || isSame(before, length)) return [];
    return [`${workload} matched ${before} pods and matches ${length} now (${range(before)} are taken)`];
  });
}

function numberDrift(reviewed: number, now: number): readonly string[] {
  if (isSame(reviewed, now)) return [];
  return [again(`the review matched ${reviewed} pods and ${now} match now (${range(reviewed)} are taken)`)];
}

function isSame(reviewed: number, now: number): boolean {
  return now >= least(reviewed) && now <= most(reviewed);
}

function range(reviewed: number): string {
  return `${least(reviewed)} to ${most(reviewed)}`;
}

function least(reviewed: number): number {
  return Math.floor(reviewed / MOST_GROWTH);
}

function most(reviewed: number): number {
  return Math.ceil(reviewed * MOST_GROWTH);
}

function again(what: string): string {
  return `the selection is not what was reviewed: ${what}; have it reviewed again`;
}

/** A pod without a controller stands for itself. */
function workloadOf({ namespace, name, workload }: PodFact): string {
  return `${namespace}/${workload ?? `Pod/${name}`}`;
}
