import { SCHEDULED_BLOCKS } from "../kinds/schedule.ts";
import type { Mistake, Report } from "../report.ts";
import { at, itemsOf, type Located, textAt } from "../yaml/node.ts";
import { checkModeValue } from "./mode-value.ts";

// The webhooks' rules between fields.

/** Reports what the webhook of `kind` refuses in `spec` although each field alone is right. */
export function checkAcrossFields(kind: string, spec: Located, report: Report): void {
  if (kind === "Schedule") checkSchedule(spec, report);
  else checkModeValue(spec, report);
  if (kind === "NetworkChaos") checkNetworkChaos(spec, report);
  if (kind === "PodChaos") checkPodChaos(spec, report);
}

function checkNetworkChaos(spec: Located, report: Report): void {
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
  };
}

function directionAndExternals(path: string, direction: string): Mistake {
  return {
    code: "direction-excludes-external-targets",
    message: `${path} ${direction} cannot be combined with externalTargets: Chaos Mesh shapes only what pods send.`,
    fix: "Write direction: to, or replace externalTargets by a target of pods.",
  };
}

function checkPodChaos(spec: Located, report: Report): void {
  if (textAt(spec, "action") !== "container-kill" || itemsOf(at(spec, "containerNames")).length > 0) return;
  report.problem(
    { path: `${spec.path}.containerNames`, span: at(spec, "action")?.node.span ?? spec.key },
    {
      code: "container-names-missing",
      message: `${spec.path}.action container-kill needs the names of the containers to kill.`,
      fix: "Add containerNames with at least one name.",
    },
  );
}

function checkSchedule(spec: Located, report: Report): void {
  const type = textAt(spec, "type") ?? "";
  const scheduled = Object.hasOwn(SCHEDULED_BLOCKS, type) ? SCHEDULED_BLOCKS[type] : undefined;
  if (scheduled === undefined) return;
  const block = at(spec, scheduled.block);
  if (block !== undefined) checkAcrossFields(type, block, report);
  else
    report.problem(
      { path: `${spec.path}.${scheduled.block}`, span: at(spec, "type")?.node.span ?? spec.key },
      blockMissing(spec.path, type, scheduled.block),
    );
}

function blockMissing(path: string, type: string, block: string): Mistake {
  return {
    code: "schedule-block-missing",
    message: `${path}.type is ${type}, and there is no ${path}.${block} to run.`,
    fix: `Put the experiment's fields under ${block}.`,
  };
}
