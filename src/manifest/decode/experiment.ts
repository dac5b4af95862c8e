import type { Experiment } from "../experiment.ts";
import { hitsPods } from "../kinds/kinds.ts";
import { SCHEDULED_BLOCKS } from "../kinds/schedule.ts";
import { parseGoDuration } from "../text/go-duration.ts";
import { workflowTimeline } from "../time/workflow-timeline.ts";
import { at, type Located, numberAt, textAt } from "../yaml/node.ts";
import { clockFaultOf } from "./clock-fault.ts";
import { fileFaultOf } from "./file-fault.ts";
import { networkFaultOf } from "./network-fault.ts";
import { modeOf, NO_PODS, selectorOf, textMapOf } from "./selector.ts";
import { stressFaultOf } from "./stress-fault.ts";
import { textsOf } from "./texts.ts";

const HYPOTHESIS = "chaosgate.dev/hypothesis";
const OBJECTIVES = "chaosgate.dev/objectives";
const RESET_CONNECTIONS = "chaosgate.dev/reset-connections";

/** The experiment that an accepted document means, after the cluster's defaulting; a Schedule is what it repeats. */
export function decodeExperiment(kind: string, document: Located, namespace: string): Experiment {
  const spec = at(document, "spec");
  if (kind !== "Schedule") return experimentOf(kind, document, spec, namespace);
  const type = textAt(spec, "type") ?? "";
  const block = at(spec, SCHEDULED_BLOCKS[type]?.block ?? "");
  const concurrencyPolicy = textAt(spec, "concurrencyPolicy") === "Allow" ? "Allow" : "Forbid";
  const deadline = numberAt(spec, "startingDeadlineSeconds");
  const schedule = {
    cron: textAt(spec, "schedule") ?? "",
    concurrencyPolicy,
    ...(deadline !== undefined && { startingDeadlineSeconds: deadline }),
  } as const;
  return { ...experimentOf(type, document, block, namespace), schedule };
}

function experimentOf(kind: string, document: Located, spec: Located | undefined, namespace: string): Experiment {
  const common = commonOf(kind, document, spec, namespace);
  switch (kind) {
    case "NetworkChaos":
      return { ...common, kind, network: { ...networkFaultOf(spec, namespace), ...resetOf(common.annotations) } };
    case "PodChaos":
      return { ...common, kind, pod: podFaultOf(spec) };
    case "StressChaos":
      return { ...common, kind, stress: stressFaultOf(spec) };
    case "IOChaos":
      return { ...common, kind, io: fileFaultOf(spec) };
    case "TimeChaos":
      return { ...common, kind, clock: clockFaultOf(spec) };
    default:
      return { ...common, kind: "Other", chaosKind: kind };
  }
}

function commonOf(kind: string, document: Located, spec: Located | undefined, namespace: string) {
  const annotations = textMapOf(at(document, "metadata", "annotations"));
  const timeline = kind === "Workflow" ? workflowTimeline(spec) : undefined;
  const durationMs = timeline === undefined ? durationOf(spec) : timeline.totalMs;
  const hypothesis = annotations[HYPOTHESIS];
  const objectives = namesIn(annotations[OBJECTIVES]);
  return {
    name: textAt(document, "metadata", "name") ?? textAt(document, "metadata", "generateName") ?? "",
    namespace,
    annotations,
    selector: hitsPods(kind) ? selectorOf(at(spec, "selector"), namespace) : NO_PODS,
    mode: modeOf(spec),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(hypothesis === undefined ? {} : { hypothesis }),
    ...(objectives === undefined ? {} : { objectives }),
    ...(timeline === undefined ? {} : { timeline }),
  };
}

/** Chaos Mesh has no word for it: without it a client with a warm pool feels a partition only when its own timeouts say so. */
function resetOf(annotations: Readonly<Record<string, string>>): { readonly resetsConnections?: true } {
  return annotations[RESET_CONNECTIONS] === "true" ? { resetsConnections: true } : {};
}

function podFaultOf(spec: Located | undefined) {
  const grace = at(spec, "gracePeriod")?.node;
  const action = textAt(spec, "action");
  return {
    action: action === "pod-failure" || action === "container-kill" ? action : "pod-kill",
    gracePeriodSeconds: grace?.kind === "number" ? grace.value : 0,
    containerNames: textsOf(at(spec, "containerNames")),
  } as const;
}

/** Chaos Mesh lets a fault run on where it cannot read the duration, and ends one with a negative duration at once. */
function durationOf(spec: Located | undefined): number | undefined {
  const milliseconds = parseGoDuration(textAt(spec, "duration") ?? "");
  return milliseconds === undefined ? undefined : Math.max(0, milliseconds);
}

function namesIn(list: string | undefined): readonly string[] | undefined {
  if (list === undefined) return undefined;
  return list
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
