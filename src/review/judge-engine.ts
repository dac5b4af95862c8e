import type { Experiment } from "../manifest/experiment.ts";
import type { Place } from "../manifest/problem.ts";
import { CHAOS_MESH_KINDS } from "../run/chaos-mesh-order.ts";
import type { ReviewFinding } from "./codes.ts";

const REFUSED = "would be refused";
const TURN_ON = "Name chaos-mesh among the engines of a ChaosPolicy and turn it on in the runner";

/** Experiments that are valid and can be reviewed, and that a runner would refuse because its engine has no effect for them. */
export function judgeEngine(experiment: Experiment, placeOf: (path: string) => Place): readonly ReviewFinding[] {
  const found = notInjected(experiment);
  if (found === undefined) return [];
  const { path, what } = found;
  const byMesh = experiment.kind === "Other" && CHAOS_MESH_KINDS[experiment.chaosKind] !== undefined;
  const unless = byMesh
    ? "is refused unless the cluster leaves it to the engine chaos-mesh, which heals more weakly"
    : REFUSED;
  const message = `${what} is valid for Chaos Mesh, and chaosgate's own engine does not inject it yet: a run ${unless}.`;
  const fix = `${byMesh ? TURN_ON : "Review it here and run it with Chaos Mesh"}, or choose a NetworkChaos, PodChaos, StressChaos, IOChaos or TimeChaos.`;
  return [{ code: "not-run-by-chaosgate", severity: "warning", path, place: placeOf(path), message, fix }];
}

function notInjected(experiment: Experiment): { readonly path: string; readonly what: string } | undefined {
  if (experiment.kind === "Other") return { path: "kind", what: experiment.chaosKind };
  return undefined;
}
