import type { ExperimentOf, Selector } from "../manifest/experiment.ts";
import type { Selection } from "../selector/selection.ts";
import type { CallModel, ServiceModel } from "./service-model.ts";

/** One modelled call that the fault touches. */
export type FaultedCall = {
  readonly caller: ServiceModel;
  readonly call: CallModel;
  /** Replicas of the caller that are hit, and all of them; undefined while the cluster was not seen. */
  readonly replicas?: { readonly hit: number; readonly of: number };
  /** Share of a hit replica's calls that go to a faulted peer, 0..1. */
  readonly fraction: number;
};

/** The calls of the settings' service model that go from the experiment's victims to its peers. */
export function faultedCalls(
  experiment: ExperimentOf<"NetworkChaos">,
  selection: Selection | undefined,
  services: readonly ServiceModel[],
): readonly FaultedCall[] {
  const { target } = experiment.network;
  const callees = target === undefined ? services : services.filter((service) => speaksOf(target.selector, service));
  const replicas =
    selection === undefined ? undefined : { hit: selection.selected.length, of: selection.matched.length };
  return services
    .filter((service) => speaksOf(experiment.selector, service))
    .flatMap((caller) =>
      caller.calls
        .filter(({ to }) => target === undefined || callees.some(({ name }) => name === to))
        .map((call) => ({ caller, call, fraction: 1, ...(replicas !== undefined && { replicas }) })),
    );
}

/** Whether a selector means a service: same namespace, and every label it asks for is the service's. */
export function speaksOf(selector: Selector, { namespace, labels }: ServiceModel): boolean {
  const asked = Object.entries(selector.labelSelectors);
  return (
    selector.namespaces.includes(namespace) && asked.length > 0 && asked.every(([key, value]) => labels[key] === value)
  );
}
