import type { Experiment } from "../manifest/experiment.ts";
import type { Place } from "../manifest/problem.ts";
import type { ReviewFinding } from "./codes.ts";

/** Experiments that are valid and can be reviewed, and that a runner would refuse because its engine has no effect for them. */
export function judgeEngine(experiment: Experiment, placeOf: (path: string) => Place): readonly ReviewFinding[] {
  const found = notInjected(experiment);
  if (found === undefined) return [];
  const { path, what } = found;
  const message = `${what} is valid for Chaos Mesh, and chaosgate's own engine does not inject it yet: a run would be refused.`;
  const fix = "Review it here and run it with Chaos Mesh, or choose a NetworkChaos, pod-kill or container-kill.";
  return [{ code: "not-run-by-chaosgate", severity: "warning", path, place: placeOf(path), message, fix }];
}

function notInjected(experiment: Experiment): { readonly path: string; readonly what: string } | undefined {
  if (experiment.kind === "Other") return { path: "kind", what: experiment.chaosKind };
  if (experiment.kind === "PodChaos" && experiment.pod.action === "pod-failure")
    return { path: "spec.action", what: "pod-failure" };
  return undefined;
}
