import { chaosBlockOf } from "../kinds/chaos-blocks.ts";
import { hitsPods } from "../kinds/kinds.ts";
import { SCHEDULED_BLOCKS } from "../kinds/schedule.ts";
import type { Report } from "../report.ts";
import { at, type Located, textAt } from "../yaml/node.ts";
import { reportDnsChaos } from "./dns-chaos.ts";
import { reportDuration } from "./duration.ts";
import { reportHttpChaos } from "./http-chaos.ts";
import { reportIoChaos } from "./io-chaos.ts";
import { reportNetworkChaos } from "./network-chaos.ts";
import { reportNothing } from "./nothing.ts";
import { reportAnnotations, reportComponent, reportRemoteCluster } from "./object.ts";
import { reportPodChaos } from "./pod-chaos.ts";
import { reportSchedule } from "./schedule.ts";
import { reportSelection } from "./selection.ts";
import { reportStressChaos } from "./stress-chaos.ts";
import { reportTimeChaos } from "./time-chaos.ts";
import { reportWorkflow } from "./workflow.ts";
import { reportWorkflowTime } from "./workflow-time.ts";

// An accepted document -> what the cluster admits although it does not do what it says. Every rule was read in Chaos
// Mesh's controllers or daemon, or reported by its users.

type Trap = (spec: Located, report: Report) => void;

const TRAPS: Readonly<Record<string, Trap>> = {
  NetworkChaos: reportNetworkChaos,
  PodChaos: reportPodChaos,
  IOChaos: reportIoChaos,
  TimeChaos: reportTimeChaos,
  StressChaos: reportStressChaos,
  HTTPChaos: reportHttpChaos,
  DNSChaos: reportDnsChaos,
};

/** Reports every run-time trap of an accepted document. */
export function reportFindings(kind: string, document: Located, report: Report): void {
  const spec = at(document, "spec");
  if (at(document, "metadata", "namespace") === undefined) reportNoNamespace(document, report);
  reportAnnotations(kind, document, report);
  if (kind === "Schedule") reportScheduled(document, spec, report);
  else reportExperiment(kind, spec, report);
}

function reportScheduled(document: Located, spec: Located | undefined, report: Report): void {
  if (spec === undefined) return;
  const type = textAt(spec, "type") ?? "";
  const block = at(spec, SCHEDULED_BLOCKS[type]?.block ?? "");
  reportScheduleName(document, report);
  reportSchedule(spec, type, block, report);
  reportExperiment(type, block, report);
}

function reportExperiment(kind: string, spec: Located | undefined, report: Report): void {
  if (spec === undefined) return;
  if (kind === "Workflow") {
    reportWorkflow(spec, report, reportFault);
    reportWorkflowTime(spec, report);
  }
  reportFault(kind, spec, report);
  if (chaosBlockOf(kind) !== undefined) reportDuration(kind, spec, report);
}

/** The traps of a fault apart from its duration, which a Workflow ends by other means. */
function reportFault(kind: string, spec: Located, report: Report): void {
  reportRemoteCluster(spec, report);
  if (!hitsPods(kind)) return;
  reportComponent(kind, spec, report);
  reportSelection(spec, report);
  reportNothing(kind, spec, report);
  if (Object.hasOwn(TRAPS, kind)) TRAPS[kind]?.(spec, report);
}

function reportNoNamespace(document: Located, report: Report): void {
  report.finding(
    { path: "metadata.namespace", span: at(document, "metadata")?.key ?? document.key },
    {
      code: "namespace-of-the-context",
      severity: "warning",
      message: "metadata.namespace is missing, so the experiment goes wherever the current context points.",
      fix: "Add metadata.namespace.",
    },
  );
}

/** The controller names each run `<name>-<5 characters>` and labels it with the Schedule's name: 63 characters in all. */
function reportScheduleName(document: Located, report: Report): void {
  const name = at(document, "metadata", "name");
  const length = textAt(document, "metadata", "name")?.length ?? 0;
  if (name === undefined || length <= 57) return;
  report.finding(
    { path: name.path, span: name.node.span },
    {
      code: "schedule-name-too-long",
      severity: "error",
      message: `metadata.name has ${length} characters; a Schedule with more than 57 is stored and can never create a run.`,
      fix: "Shorten the name to 57 characters.",
    },
  );
}
