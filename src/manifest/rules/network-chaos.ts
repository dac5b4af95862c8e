import type { Mistake, Report } from "../report.ts";
import { at, type Located, textAt } from "../yaml/node.ts";
import { checkModeValue } from "./mode-value.ts";

/** The webhook of a NetworkChaos: its target, and what a direction needs and excludes. */
export function checkNetworkChaos(spec: Located, report: Report): void {
  checkModeValue(at(spec, "target"), report);
  const direction = at(spec, "direction");
  const written = textAt(spec, "direction");
  // The webhook returns early for a partition and skips every rule below.
  if (direction === undefined || !(written === "from" || written === "both")) return;
  if (textAt(spec, "action") === "partition") return;
  const spot = { path: direction.path, span: direction.node.span };
  if (at(spec, "externalTargets") !== undefined) report.problem(spot, directionAndExternals(direction.path, written));
  if (at(spec, "target") === undefined) report.problem(spot, directionWithoutTarget(direction.path, written));
}

function directionWithoutTarget(path: string, direction: string): Mistake {
  return {
    code: "direction-needs-target",
    message: `${path} ${direction} affects packets that come from a target, and there is no target.`,
    fix: "Add a target with a selector and a mode, or write direction: to.",
    choices: ["to"],
  };
}

function directionAndExternals(path: string, direction: string): Mistake {
  return {
    code: "direction-excludes-external-targets",
    message: `${path} ${direction} cannot be combined with externalTargets: Chaos Mesh shapes only what pods send.`,
    fix: "Write direction: to, or replace externalTargets by a target of pods.",
    choices: ["to"],
  };
}
