import { expect, it } from "vitest";
import { experimentsOf, snapshotOf } from "../../scripts/bench/large-cluster.ts";
import { matchPods } from "../../src/selector/match.ts";
import { select } from "../../src/selector/select.ts";
import type { PodFact, Snapshot } from "../../src/selector/snapshot.ts";

// Complexity is held by counting how often a pod is looked at, which no busy machine can change.

/** The snapshot with pods that count each look at their labels. */
function counted(snapshot: Snapshot): { readonly snapshot: Snapshot; readonly looks: () => number } {
  let looks = 0;
  const pods = snapshot.pods.map((pod): PodFact => {
    return {
      ...pod,
      get labels() {
        looks += 1;
        return pod.labels;
      },
    };
  });
  return { snapshot: { ...snapshot, pods }, looks: () => looks };
}

it("looks at each pod a few times, however many experiments there are", () => {
  const experiments = experimentsOf(500);
  const { snapshot, looks } = counted(snapshotOf(5000));
  const matched = experiments.reduce((sum, { selector }) => sum + matchPods(selector, snapshot).length, 0);
  // Once for each label key that is asked for, and once for each requirement of each pod that may match.
  expect(looks()).toBeLessThan(3 * 5000 + 4 * (matched + experiments.length));
  const first = looks();
  for (const experiment of experiments) select(experiment, snapshot, "0".repeat(32));
  expect(looks() - first).toBeLessThan(4 * (matched + experiments.length));
});

it("would notice a selection that looks at every pod", () => {
  const { snapshot, looks } = counted(snapshotOf(5000));
  for (const { selector } of experimentsOf(500)) {
    snapshot.pods.filter(({ labels }) => labels.app === selector.labelSelectors.app);
  }
  expect(looks()).toBeGreaterThan(100 * 5000);
});
