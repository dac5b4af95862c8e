import type { Experiment, ExperimentOf, Mode, Selector } from "../manifest/experiment.ts";
import type { Selection } from "../selector/selection.ts";
import type { PodFact } from "../selector/snapshot.ts";
import type { Provenance } from "./prediction.ts";
import type { CallModel, ServiceModel } from "./service-model.ts";

export type Share = { readonly value: number; readonly from: Provenance };

/** Calls between two services that meet the fault. */
export type Link = {
  /** `checkout -> payment`. */
  readonly subject: string;
  readonly caller: ServiceModel;
  readonly call: CallModel;
  /** Share of the caller's replicas whose calls can meet the fault at all. */
  readonly reach?: Share;
  /** Share of those replicas' calls that do; absent while it is not known which pods are hit. */
  readonly faulted?: Share;
};

const EVERY: Share = { value: 1, from: "manifest" };

/**
 * The calls of the settings' services that pass a victim: those that victims make, and those that are made to victims. A peer
 * that calls a victim meets the fault as well, because the answers travel the same path.
 */
export function linksOf(
  experiment: ExperimentOf<"NetworkChaos">,
  selection: Selection | undefined,
  models: readonly ServiceModel[],
): readonly Link[] {
  const { target, externalTargets } = experiment.network;
  if (target === undefined && externalTargets.length > 0) return [];
  const victims = namesOf(experiment.selector, selection?.matched, models);
  const peers = target === undefined ? undefined : namesOf(target.selector, selection?.peers, models);
  const hit = shareOf(experiment.mode, selection);
  const met = target === undefined ? EVERY : shareOf(target.mode, undefined);
  return models.flatMap((caller) =>
    caller.calls.flatMap((call) => {
      const subject = `${caller.name} -> ${call.to}`;
      if (victims.has(caller.name) && (peers?.has(call.to) ?? true))
        return link({ subject, caller, call }, { reach: hit, faulted: met });
      if (victims.has(call.to) && (peers?.has(caller.name) ?? true))
        return link({ subject, caller, call }, { reach: met, faulted: hit });
      return [];
    }),
  );
}

/** Names of the services that a selector means: by the live pods where they are known, by the labels otherwise. */
function namesOf(
  selector: Selector,
  pods: readonly PodFact[] | undefined,
  models: readonly ServiceModel[],
): ReadonlySet<string> {
  const meant = models.filter((model) =>
    pods === undefined ? couldMean(selector, model) : pods.some((pod) => belongsTo(pod, model)),
  );
  return new Set(meant.map(({ name }) => name));
}

function belongsTo({ namespace, labels }: PodFact, model: ServiceModel): boolean {
  const wanted = Object.entries(model.labels);
  return namespace === model.namespace && wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

function couldMean({ namespaces, labelSelectors }: Selector, { namespace, labels }: ServiceModel): boolean {
  const wanted = Object.entries(labelSelectors);
  return namespaces.includes(namespace) && wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}

/** Share of the workloads' replicas; without live pods only where the mode itself is a share. */
function shareOf(mode: Mode, selection: Selection | undefined): Share | undefined {
  const of = selection?.workloads.reduce((sum, workload) => sum + workload.of, 0) ?? 0;
  if (selection !== undefined && of > 0) return { value: selection.selected.length / of, from: "live" };
  if (mode.kind === "all") return EVERY;
  return mode.kind === "fixed-percent" ? { value: mode.percent / 100, from: "manifest" } : undefined;
}

function link(
  calls: Pick<Link, "subject" | "caller" | "call">,
  { reach, faulted }: { readonly reach: Share | undefined; readonly faulted: Share | undefined },
): readonly Link[] {
  return [{ ...calls, ...(reach !== undefined && { reach }), ...(faulted !== undefined && { faulted }) }];
}

/** What an experiment without a modelled link is about. */
export function plainSubject(experiment: Experiment): string {
  if (experiment.kind !== "NetworkChaos") return "selected pods";
  const { target, externalTargets } = experiment.network;
  if (target !== undefined) return "selected pods -> target pods";
  return externalTargets.length > 0 ? "selected pods -> external targets" : "selected pods -> everybody";
}
