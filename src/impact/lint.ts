// What the model says against an experiment: experiment, selection and live facts (when the cluster was seen) and the settings'
// service model enter, remarks leave. Without a model of the calls it says nothing: a rule that guesses would be noise.

import type { Experiment } from "../manifest/experiment.ts";
import type { Finding, Place } from "../manifest/problem.ts";
import type { Selection } from "../selector/selection.ts";
import { faultedCalls } from "./calls.ts";
import type { ImpactRemark } from "./codes.ts";
import { packetFaultOf } from "./fault.ts";
import { lintCall } from "./lint-calls.ts";
import { lintProbes } from "./lint-probes.ts";
import { type LiveFacts, NO_FACTS } from "./live-facts.ts";
import type { ServiceModel } from "./service-model.ts";

/** Every finding of the model, at the place of the path that it is about. */
export function lintImpact(
  experiment: Experiment,
  selection: Selection | undefined,
  services: readonly ServiceModel[],
  placeOf: (path: string) => Place,
  live: LiveFacts = NO_FACTS,
): readonly Finding[] {
  const remarks = [
    ...ofCalls(experiment, selection, services, live),
    ...lintProbes(experiment, selection, services, live),
  ];
  return remarks.map((remark) => ({ ...remark, place: placeOf(remark.path) }));
}

function ofCalls(
  experiment: Experiment,
  selection: Selection | undefined,
  services: readonly ServiceModel[],
  live: LiveFacts,
): readonly ImpactRemark[] {
  if (experiment.kind !== "NetworkChaos") return [];
  const fault = packetFaultOf(experiment);
  const calls = faultedCalls(experiment, selection, services, live);
  return calls.flatMap((faulted) => lintCall(faulted, fault, services));
}
