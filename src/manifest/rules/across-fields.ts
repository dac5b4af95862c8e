import { hitsPods } from "../kinds/kinds.ts";
import { SCHEDULED_BLOCKS } from "../kinds/schedule.ts";
import type { Mistake, Report } from "../report.ts";
import { at, type Located, textAt } from "../yaml/node.ts";
import { checkHttpChaos } from "./http-chaos.ts";
import { checkIoChaos } from "./io-chaos.ts";
import { checkJvmChaos } from "./jvm-chaos.ts";
import { checkModeOfJvm, checkModeValue } from "./mode-value.ts";
import { checkNetworkChaos } from "./network-chaos.ts";
import { checkParameters } from "./parameters.ts";
import { checkPhysicalMachineChaos } from "./physical-machine-chaos.ts";
import { checkPodChaos } from "./pod-chaos.ts";
import { checkStatusCheck } from "./status-check.ts";
import { checkStressChaos } from "./stress-chaos.ts";
import { checkWorkflow } from "./workflow.ts";

// The webhooks' rules between fields.

type Rule = (spec: Located, report: Report) => void;

const RULES: Readonly<Record<string, Rule>> = {
  NetworkChaos: checkNetworkChaos,
  PodChaos: checkPodChaos,
  IOChaos: checkIoChaos,
  StressChaos: checkStressChaos,
  HTTPChaos: checkHttpChaos,
  JVMChaos: checkJvmChaos,
  PhysicalMachineChaos: checkPhysicalMachineChaos,
  StatusCheck: checkStatusCheck,
  Schedule: checkSchedule,
  Workflow: (spec, report) => checkWorkflow(spec, report, checkAcrossFields),
};

/** Reports what the webhook of `kind` refuses in `spec` although each field alone is right. */
export function checkAcrossFields(kind: string, spec: Located, report: Report): void {
  if (kind === "JVMChaos" && report.version === "2.7") checkModeOfJvm(spec, report);
  else if (hitsPods(kind)) checkModeValue(spec, report);
  checkParameters(kind, spec, report);
  if (Object.hasOwn(RULES, kind)) RULES[kind]?.(spec, report);
}

function checkSchedule(spec: Located, report: Report): void {
  const type = textAt(spec, "type") ?? "";
  const scheduled = Object.hasOwn(SCHEDULED_BLOCKS, type) ? SCHEDULED_BLOCKS[type] : undefined;
  if (scheduled === undefined) return;
  const block = at(spec, scheduled.block);
  // The webhook does not look into a Workflow.
  if (type === "Workflow") return;
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
