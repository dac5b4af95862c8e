// Whom an experiment hits: experiment, snapshot and seed enter, a selection leaves. The same three always give the same
// selection, and one pod coming or going changes at most one of the selected (design: rendezvous hashing of pod UIDs).

import type { Experiment, Target } from "../manifest/experiment.ts";
import { matchPods } from "./match.ts";
import { countOf, countRange } from "./mode.ts";
import { indexOf, workloadOf } from "./pod-index.ts";
import { drawUpTo, rendezvousOrder } from "./rendezvous.ts";
import type { Selection } from "./selection.ts";
import type { PodFact, Snapshot } from "./snapshot.ts";

/** Resolves an experiment's victims and, for a NetworkChaos with a `target`, its peers. `seed` is hex, 32 digits or more. */
export function select(experiment: Experiment, snapshot: Snapshot, seed: string): Selection {
  const matched = matchPods(experiment.selector, snapshot);
  const selected = choose(experiment, matched, seed, "victims");
  const target = experiment.kind === "NetworkChaos" ? experiment.network.target : undefined;
  return {
    matched,
    selected,
    peers: target === undefined ? [] : choose(target, matchPods(target.selector, snapshot), seed, "peers"),
    count: countRange(experiment.mode, matched.length),
    workloads: shares(selected, snapshot),
  };
}

function choose(
  { mode }: Pick<Target, "mode">,
  candidates: readonly PodFact[],
  seed: string,
  role: string,
): readonly PodFact[] {
  const count = countOf(mode, candidates.length, (most) => drawUpTo(most, seed, role));
  return rendezvousOrder(candidates, ({ uid }) => `${role}:${uid}`, seed).slice(0, count);
}

/** Share of each touched workload. */
function shares(selected: readonly PodFact[], snapshot: Snapshot): Selection["workloads"] {
  const counts = new Map<string, number>();
  for (const pod of selected) counts.set(workloadOf(pod), (counts.get(workloadOf(pod)) ?? 0) + 1);
  const { workloadSizes } = indexOf(snapshot);
  return [...counts].map(([workload, count]) => ({
    workload,
    selected: count,
    of: workloadSizes.get(workload) ?? count,
  }));
}
