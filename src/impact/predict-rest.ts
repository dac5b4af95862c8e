import type { ExperimentOf } from "../manifest/experiment.ts";
import type { Selection } from "../selector/selection.ts";
import { factsOf, speaksOf } from "./calls.ts";
import { fromCluster, rateOf } from "./inputs.ts";
import { type LiveFacts, NO_FACTS } from "./live-facts.ts";
import type { Figures } from "./predict-network.ts";
import type { Input, Prediction } from "./prediction.ts";
import type { ServiceModel } from "./service-model.ts";
import { percentOf, short } from "./units.ts";

/** What the replicas that stay must carry while the killed ones are away: lambda' = lambda * n / (n - k). */
export function predictRest(
  experiment: ExperimentOf<"PodChaos">,
  selection: Selection | undefined,
  services: readonly ServiceModel[],
  live: LiveFacts = NO_FACTS,
): Figures {
  const nothing: Figures = { predictions: [], notPredictable: [] };
  if (selection === undefined || experiment.pod.action === "container-kill") return nothing;
  const [all, gone] = [selection.matched.length, selection.count.most];
  if (all === 0 || gone === 0) return nothing;
  const service = services.find((candidate) => speaksOf(experiment.selector, candidate));
  const subject = service?.name ?? experiment.name;
  if (gone >= all) {
    const why = "no replica stays: every request fails until one is back";
    return { predictions: [], notPredictable: [{ id: "load-on-rest", subject, why }] };
  }
  const rate = service && rateOf({ caller: service, ...factsOf(service.name, live) });
  return { predictions: [loadOnRest(subject, all, gone, rate)], notPredictable: [] };
}

function loadOnRest(subject: string, all: number, gone: number, rate: Input | undefined): Prediction {
  const stay = all - gone;
  const each = rate === undefined ? "" : ` (${short(rate.value / all)} -> ${short(rate.value / stay)} requests/s each)`;
  return {
    id: "load-on-rest",
    subject,
    title: "Load on the replicas that stay",
    value: all / stay,
    baseline: 1,
    unit: "ratio",
    binding: "replicas",
    formula: "n / (n - k)",
    source: "the same arrivals over fewer replicas",
    inputs: [
      fromCluster("replicas", all, "", "pods that spec.selector matches"),
      fromCluster("replicas gone", gone, "", "the most that spec.mode draws"),
      ...(rate === undefined ? [] : [rate]),
    ],
    sentence: `${stay} of ${all} replicas carry ${percentOf(all / stay)} of their load${each}`,
  };
}
