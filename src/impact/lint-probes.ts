// What a fault does to pods by way of their probes, and what is left of a service then.

import type { Experiment } from "../manifest/experiment.ts";
import type { Selection } from "../selector/selection.ts";
import type { ProbeFact } from "../selector/snapshot.ts";
import { speaksOf } from "./calls.ts";
import type { ImpactRemark } from "./codes.ts";
import { packetFaultOf } from "./fault.ts";
import { rateOf } from "./inputs.ts";
import type { LiveFacts } from "./live-facts.ts";
import { probeOutcome, restSurvives } from "./probes.ts";
import type { ServiceModel } from "./service-model.ts";
import { milliseconds, short } from "./units.ts";

/** Longer than any probe waits: what a partition is to one. */
const NEVER_SECONDS = 86_400;

/** Remarks on the victims' probes, and on the replicas that stay. */
export function lintProbes(
  experiment: Experiment,
  selection: Selection | undefined,
  services: readonly ServiceModel[],
  live: LiveFacts,
): readonly ImpactRemark[] {
  const service = services.find((each) => speaksOf(experiment.selector, each));
  if (experiment.kind === "PodChaos" && experiment.pod.action !== "container-kill")
    return restOf(service, selection, live, "spec.mode");
  if (experiment.kind !== "NetworkChaos" || !meetsProbes(experiment, selection)) return [];
  const fault = packetFaultOf(experiment);
  const addedSeconds = fault.partition ? NEVER_SECONDS : fault.delayMs / 1000;
  const facts = probesOf(selection);
  const slow = (probe: ProbeFact | undefined) => {
    const outcome = probe === undefined ? undefined : probeOutcome(probe, 0, addedSeconds);
    return probe !== undefined && outcome?.kind === "fails" ? { probe, ...outcome } : undefined;
  };
  const [liveness, readiness] = [slow(facts.liveness), slow(facts.readiness)];
  return [
    ...(liveness === undefined ? [] : [remarkOn("liveness-restarts", liveness)]),
    ...(readiness === undefined
      ? []
      : [remarkOn("readiness-shifts-load", readiness), ...restOf(service, selection, live, "spec.mode")]),
  ];
}

/** Probes come from the node: a fault without peers meets them, and one whose peer has the address of a victim's node. */
function meetsProbes({ network }: Extract<Experiment, { kind: "NetworkChaos" }>, selection?: Selection): boolean {
  const nodes = new Set((selection?.matched ?? []).map(({ node }) => node));
  const atNode = (selection?.peers ?? []).some(({ hostNetwork, node }) => hostNetwork && nodes.has(node));
  return atNode || (network.target === undefined && network.externalTargets.length === 0);
}

/** Of all pods that may be hit, and of several containers the one whose probe gives up first is the one that matters. */
function probesOf(selection: Selection | undefined): { readonly liveness?: ProbeFact; readonly readiness?: ProbeFact } {
  const containers = (selection?.matched ?? []).flatMap((pod) => pod.containers);
  const first = (kind: "liveness" | "readiness") =>
    containers.flatMap((container) => container[kind] ?? []).toSorted((a, b) => a.timeoutSeconds - b.timeoutSeconds)[0];
  const [liveness, readiness] = [first("liveness"), first("readiness")];
  return { ...(liveness && { liveness }), ...(readiness && { readiness }) };
}

type Slow = { readonly probe: ProbeFact; readonly earliestSeconds: number; readonly latestSeconds: number };

function when({ earliestSeconds, latestSeconds }: Slow): string {
  return `${milliseconds(1000 * earliestSeconds)} to ${milliseconds(1000 * latestSeconds)} after injection`;
}

const OUTCOMES = {
  "liveness-restarts": (at: string) => `their containers restarted ${at}`,
  "readiness-shifts-load": (at: string) => `them taken out of their service ${at}, and the rest carries their load`,
} as const;

function remarkOn(code: keyof typeof OUTCOMES, slow: Slow): ImpactRemark {
  const [kind] = code.split("-");
  return {
    code,
    severity: "warning",
    path: "spec",
    message: `the victims' ${kind} probe waits ${milliseconds(1000 * slow.probe.timeoutSeconds)} and meets this fault: Chaos Mesh has ${OUTCOMES[code](when(slow))}; chaosgate's own engine leaves probes alone.`,
    fix: "Name the peers under spec.target, so that the node's probes pass, or delay less than the probe waits.",
  };
}

/** A replica serves as many as it has workers, each for the time of its calls; what is not known is not judged. */
function restOf(
  service: ServiceModel | undefined,
  selection: Selection | undefined,
  live: LiveFacts,
  path: string,
): readonly ImpactRemark[] {
  if (service === undefined || selection === undefined) return [];
  const [all, gone] = [selection.matched.length, selection.count.most];
  const facts = live.services[service.name];
  const rate = rateOf({ caller: service, ...(facts !== undefined && { facts }) })?.value;
  const held = service.calls.reduce((sum, call) => sum + (call.perRequest * (call.serviceTimeMs ?? 0)) / 1000, 0);
  if (rate === undefined || service.pool === undefined || held === 0 || all === 0 || gone >= all) return [];
  const capacity = service.pool / all / held;
  if (restSurvives(rate, all, gone, capacity) !== false) return [];
  return [
    {
      code: "rest-overloaded",
      severity: "warning",
      path,
      message: `${all - gone} of ${all} replicas of ${service.name} stay, each can serve ${short(capacity)} requests a second and would get ${short(rate / (all - gone))}.`,
      fix: `Hit at most ${largest(rate, all, capacity)} of them, or give the service more replicas.`,
    },
  ];
}

function largest(rate: number, all: number, capacity: number): number {
  return Math.max(0, all - Math.floor(rate / capacity) - 1);
}
