import type { ExperimentOf, Mode, Selector, Target } from "../manifest/experiment.ts";
import type { Selection } from "../selector/selection.ts";
import { type LiveFacts, NO_FACTS, type ServiceFacts } from "./live-facts.ts";
import type { CallModel, ServiceModel } from "./service-model.ts";

/** One modelled call that the fault touches. */
export type FaultedCall = {
  readonly caller: ServiceModel;
  readonly call: CallModel;
  /** Replicas of the caller that are hit, and all of them; absent while the cluster was not seen, and for callers of victims. */
  readonly replicas?: { readonly hit: number; readonly of: number };
  /** Share of a touched replica's calls that meet the fault, 0..1; where nobody can know it, 1 as the worst case. */
  readonly fraction: number;
  /** Which end of the call the victim is. */
  readonly victim: "caller" | "called";
  /** What the cluster says of the caller, and of TCP on its nodes; absent while nobody looked. */
  readonly facts?: ServiceFacts;
  readonly tcp?: NonNullable<LiveFacts["tcp"]>;
};

/**
 * The calls of the settings' service model that pass a victim: those that victims make to peers, and those that peers make to
 * victims, whose answers travel the same disturbed path.
 */
export function faultedCalls(
  experiment: ExperimentOf<"NetworkChaos">,
  selection: Selection | undefined,
  services: readonly ServiceModel[],
  live: LiveFacts = NO_FACTS,
): readonly FaultedCall[] {
  const { target, externalTargets } = experiment.network;
  if (target === undefined && externalTargets.length > 0) return [];
  const victims = namesOf(experiment.selector, services);
  const peers = target === undefined ? undefined : namesOf(target.selector, services);
  const isPeer = (name: string): boolean => peers === undefined || peers.has(name);
  const made = {
    victim: "caller",
    fraction: target === undefined ? 1 : shareByMode(target.mode),
    ...replicasOf(selection),
  } as const;
  const received = { victim: "called", fraction: shareOf(experiment, selection) } as const;
  return services.flatMap((caller) =>
    caller.calls.flatMap((call): readonly FaultedCall[] => {
      const known = { caller, call, ...factsOf(caller.name, live) };
      if (victims.has(caller.name) && isPeer(call.to)) return [{ ...known, ...made }];
      if (victims.has(call.to) && isPeer(caller.name)) return [{ ...known, ...received }];
      return [];
    }),
  );
}

/** What the cluster says of a service and of TCP on its nodes. */
export function factsOf(service: string, { services, tcp }: LiveFacts): Pick<FaultedCall, "facts" | "tcp"> {
  const facts = services[service];
  return { ...(facts !== undefined && { facts }), ...(tcp !== undefined && { tcp }) };
}

function replicasOf(selection: Selection | undefined): Pick<FaultedCall, "replicas"> {
  if (selection === undefined) return {};
  return { replicas: { hit: selection.count.most, of: selection.matched.length } };
}

function shareOf({ mode }: Target, selection: Selection | undefined): number {
  if (selection === undefined || selection.matched.length === 0) return shareByMode(mode);
  return selection.count.most / selection.matched.length;
}

/** What a mode says by itself; where it is a number of pods, every call is taken to meet one, which is the worst case. */
function shareByMode(mode: Mode): number {
  return mode.kind === "fixed-percent" || mode.kind === "random-max-percent" ? mode.percent / 100 : 1;
}

function namesOf(selector: Selector, services: readonly ServiceModel[]): ReadonlySet<string> {
  return new Set(services.filter((service) => speaksOf(selector, service)).map(({ name }) => name));
}

/** Whether a selector means a service: same namespace, and every label it asks for is the service's. */
export function speaksOf(selector: Selector, { namespace, labels }: ServiceModel): boolean {
  const asked = Object.entries(selector.labelSelectors);
  return (
    selector.namespaces.includes(namespace) && asked.length > 0 && asked.every(([key, value]) => labels[key] === value)
  );
}
