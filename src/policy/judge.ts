// Whether an experiment stays inside the lines: experiment, policy and (when the cluster was seen) selection enter, findings leave.
// It never widens anything: a manifest, a pull request or a missing fact can only add findings.

import type { Experiment } from "../manifest/experiment.ts";
import type { Finding, Place } from "../manifest/problem.ts";
import type { BlastRadius } from "../selector/blast-radius.ts";
import type { Selection } from "../selector/selection.ts";
import type { Snapshot } from "../selector/snapshot.ts";
import { judgeBoundaries } from "./boundary.ts";
import { judgeCaps } from "./caps.ts";
import { judgeClock } from "./clock.ts";
import { judgeFileIo } from "./file-io.ts";
import type { Policy } from "./policy.ts";
import { judgeReach } from "./reach.ts";
import { judgeVictims } from "./victims.ts";

/**
 * Every finding of the policy, at the place of the path that it is about. Without a selection (no cluster was seen) only the
 * manifest itself is judged; `budgets` are the disruption budgets of the same snapshot, and `reach` is what
 * the worst draw would hit.
 */
export function judge(
  experiment: Experiment,
  selection: Selection | undefined,
  policy: Policy,
  placeOf: (path: string) => Place,
  budgets: Snapshot["budgets"] = [],
  reach?: BlastRadius,
): readonly Finding[] {
  const remarks = [
    ...judgeBoundaries(experiment, policy),
    ...judgeCaps(experiment, selection, policy),
    ...judgeFileIo(experiment, policy.caps),
    ...judgeClock(experiment, policy.caps),
    ...(selection === undefined ? [] : judgeVictims(experiment, selection, budgets, reach)),
    ...(reach === undefined ? [] : judgeReach(experiment, reach)),
  ];
  return remarks.map((remark) => ({ ...remark, place: placeOf(remark.path) }));
}
