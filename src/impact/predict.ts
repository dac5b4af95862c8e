// What an experiment will do to throughput, threads and timeouts: experiment, selection and live facts (when the cluster was seen)
// and the settings' service model enter; figures with formula, source and inputs leave. What has no input is said, never invented.

import type { Experiment, ExperimentOf } from "../manifest/experiment.ts";
import type { Selection } from "../selector/selection.ts";
import { type FaultedCall, faultedCalls } from "./calls.ts";
import { type PacketFault, packetFaultOf } from "./fault.ts";
import { type LiveFacts, NO_FACTS } from "./live-facts.ts";
import { predictErrors, predictRetries } from "./predict-errors.ts";
import { predictLoss } from "./predict-loss.ts";
import { type Figures, predictLatency, predictThroughput } from "./predict-network.ts";
import { predictPool, predictTimeouts } from "./predict-pool.ts";
import { predictRest } from "./predict-rest.ts";
import type { Impact, PredictionId } from "./prediction.ts";
import type { ServiceModel } from "./service-model.ts";

/** Predicts the impact of one experiment. */
export function predict(
  experiment: Experiment,
  selection: Selection | undefined,
  services: readonly ServiceModel[],
  live: LiveFacts = NO_FACTS,
): Impact {
  switch (experiment.kind) {
    case "NetworkChaos":
      return predictNetwork(experiment, selection, services, live);
    case "PodChaos":
      return predictRest(experiment, selection, services, live);
    case "StressChaos":
    // What a late or failing disk does to a program is the program's own: no figure of the settings says it.
    case "IOChaos":
    // A wrong clock moves no packet and kills nobody: what a program makes of it is its own.
    case "TimeChaos":
    case "Other":
      return { predictions: [], notPredictable: [] };
  }
}

function predictNetwork(
  experiment: ExperimentOf<"NetworkChaos">,
  selection: Selection | undefined,
  services: readonly ServiceModel[],
  live: LiveFacts,
): Impact {
  const fault = packetFaultOf(experiment);
  const calls = faultedCalls(experiment, selection, services, live);
  const general = predictLatency("victims -> peers", fault);
  if (calls.length === 0) return { predictions: general, notPredictable: unmodelled(fault) };
  const figures = calls.map((call) => predictCall(call, fault));
  return {
    predictions: [...general, ...figures.flatMap(({ predictions }) => predictions)],
    notPredictable: figures.flatMap(({ notPredictable }) => notPredictable),
  };
}

function predictCall(faulted: FaultedCall, fault: PacketFault): Figures {
  const subject = `${faulted.caller.name} -> ${faulted.call.to}`;
  const parts: readonly Figures[] = [
    predictThroughput(subject, faulted, fault),
    predictLoss(subject, faulted, fault),
    predictPool(subject, faulted, fault),
    predictTimeouts(subject, faulted, fault),
    only(predictErrors(subject, faulted, fault)),
    only(predictRetries(subject, faulted, fault)),
  ];
  return {
    predictions: parts.flatMap(({ predictions }) => predictions),
    notPredictable: parts.flatMap(({ notPredictable }) => notPredictable),
  };
}

function only(predictions: Figures["predictions"]): Figures {
  return { predictions, notPredictable: [] };
}

function unmodelled({ delayMs }: PacketFault): Impact["notPredictable"] {
  if (delayMs === 0) return [];
  const why = "no service of the settings has the victims' labels and a call to the peers; add it under services";
  const ids: readonly PredictionId[] = ["window-throughput", "threads", "time-to-saturation", "timeout-rule"];
  return ids.map((id) => ({ id, subject: "victims -> peers", why }));
}
