import type { Experiment } from "../manifest/experiment.ts";
import type { Place } from "../manifest/problem.ts";
import type { Settings } from "../settings.ts";
import type { ReviewFinding } from "./codes.ts";

const PATH = "metadata.annotations";

/** Names of the objectives that a run of this experiment is judged by: its own, or the environment's. */
export function objectivesOf(experiment: Experiment, environment: string, settings: Settings): readonly string[] {
  return experiment.objectives ?? settings.environments[environment]?.objectives ?? [];
}

/** An objective that nobody defined is a mistake; none at all is worth a word, because a run without one is refused. */
export function judgeObjectives(names: readonly string[], settings: Settings, place: Place): readonly ReviewFinding[] {
  const known = Object.keys(settings.objectives);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) return unknown.map((name) => unknownObjective(name, known, place));
  if (names.length > 0 || settings.execution === "disabled") return [];
  const message = "no objective says when this experiment must stop: it can be reviewed, and a run of it is refused.";
  const fix = "Name objectives of the settings in the annotation chaosgate.dev/objectives, or in the environment.";
  return [{ code: "no-objective", severity: "warning", path: PATH, place, message, fix }];
}

function unknownObjective(name: string, known: readonly string[], place: Place): ReviewFinding {
  const message = `the settings have no objective ${name}.`;
  const fix = known.length === 0 ? "Add it under objectives in the settings." : `Known: ${known.join(", ")}.`;
  return { code: "objective-unknown", severity: "error", path: PATH, place, message, fix };
}
