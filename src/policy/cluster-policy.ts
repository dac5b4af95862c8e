// What the cluster's own ChaosPolicies say of a run: its experiment, whom it would hit and when enter, every reason against it leaves.
// One policy must permit all of it, so that a generous one for one namespace never widens a strict one for another.

import type { Experiment } from "../manifest/experiment.ts";
import type { Selection } from "../selector/selection.ts";
import type { NamespaceFact, Snapshot } from "../selector/snapshot.ts";
import { effectiveDuration, isOneShot } from "./duration.ts";
import { judge } from "./judge.ts";
import type { Caps } from "./policy.ts";
import { type Times, whyNotThrough } from "./times.ts";

export type ClusterPolicy = {
  readonly name: string;
  /** Why it could not be read: then it permits nothing. */
  readonly broken?: string;
  readonly namespaces: { readonly names: readonly string[]; readonly matchLabels: Readonly<Record<string, string>> };
  readonly protectedNamespaces: readonly string[];
  readonly pairings: readonly { readonly from: string; readonly to: string }[];
  /** Empty: every kind. */
  readonly kinds: readonly string[];
  readonly caps: Caps;
  /** Every victim must carry them. */
  readonly requiredLabels: Readonly<Record<string, string>>;
  readonly times?: Times;
  /** Key ids whose tickets are good; empty: every key that the runner knows. */
  readonly ticketKeys: readonly string[];
  readonly engines: readonly string[];
};

export type Proposed = {
  readonly experiment: Experiment;
  readonly selection: Selection;
  readonly snapshot: Pick<Snapshot, "namespaces" | "budgets">;
  readonly engine: string;
  /** Key id of the ticket; absent where its header names none. */
  readonly ticketKey?: string;
  /** The ticket's own cap; absent where there is no ticket. */
  readonly capMs?: number;
  /** When the run begins, Unix milliseconds. */
  readonly at: number;
};

/** Empty when a policy permits the run; else what the policy that comes nearest says. */
export function clusterRefusals(policies: readonly ClusterPolicy[], proposed: Proposed): readonly string[] {
  if (policies.length === 0) return ["the cluster has no ChaosPolicy, so nothing may be hit: its owners write one"];
  const everyProtected = policies.flatMap(({ protectedNamespaces }) => protectedNamespaces);
  const answers = policies.map((policy) => refusalsOf(policy, everyProtected, proposed));
  const [nearest = []] = answers.toSorted((one, other) => one.length - other.length);
  return nearest;
}

function refusalsOf(policy: ClusterPolicy, everyProtected: readonly string[], proposed: Proposed): readonly string[] {
  const reasons =
    policy.broken === undefined
      ? [...boundaries(policy, everyProtected, proposed), ...terms(policy, proposed), ...optIns(policy, proposed)]
      : [`it cannot be read: ${policy.broken}`];
  return reasons.map((reason) => `ChaosPolicy ${policy.name}: ${reason}`);
}

function boundaries(
  policy: ClusterPolicy,
  everyProtected: readonly string[],
  { experiment, selection, snapshot }: Proposed,
): readonly string[] {
  const namespaces = snapshot.namespaces.filter((one) => isMeant(one, policy)).map(({ name }) => name);
  if (namespaces.length === 0) return ["it names no namespace that exists"];
  const { pairings, caps } = policy;
  const asPolicy = { environment: policy.name, namespaces, pairings, protectedNamespaces: everyProtected, caps };
  // A run has no lines to point at; the sentence is what its report shows.
  const findings = judge(experiment, selection, asPolicy, () => ({ line: 1, column: 1 }), snapshot.budgets);
  return findings.flatMap(({ severity, message }) => (severity === "error" ? [message] : []));
}

function isMeant({ name, labels }: NamespaceFact, { namespaces: { names, matchLabels } }: ClusterPolicy): boolean {
  return names.includes(name) || (Object.keys(matchLabels).length > 0 && carries(labels, matchLabels));
}

function terms(policy: ClusterPolicy, { experiment, engine, ticketKey, capMs, at }: Proposed): readonly string[] {
  const kind = experiment.kind === "Other" ? experiment.chaosKind : experiment.kind;
  // What happens once is over at once, whatever time the ticket leaves it.
  const isOnce = isOneShot(experiment);
  const { durationMs = 0 } = isOnce ? experiment : effectiveDuration(experiment, capMs);
  const { caps, kinds, engines, ticketKeys, times } = policy;
  const closed = times === undefined ? undefined : whyNotThrough(times, at, at + durationMs);
  const isLong = caps.durationMs !== undefined && durationMs > caps.durationMs && !isOnce;
  return [
    ...(kinds.length > 0 && !kinds.includes(kind) ? [`${kind} may not run; it permits ${kinds.join(", ")}`] : []),
    ...(engines.includes(engine) ? [] : [`the ${engine} engine may not inject`]),
    ...(ticketKeys.length > 0 && !ticketKeys.includes(ticketKey ?? "")
      ? [`tickets signed by key ${ticketKey ?? "(unnamed)"} are not good here`]
      : []),
    // The ticket's own cap decides how long a fault lasts; a run is not made shorter behind its review's back.
    ...(isLong ? [`the fault would last ${durationMs / 1000} s, and its cap is ${caps.durationMs / 1000} s`] : []),
    ...(closed === undefined ? [] : [closed]),
  ];
}

function optIns({ requiredLabels }: ClusterPolicy, { selection }: Proposed): readonly string[] {
  const missing = selection.selected.filter(({ labels }) => !carries(labels, requiredLabels));
  if (missing.length === 0) return [];
  const named = missing.slice(0, 3).map(({ namespace, name }) => `${namespace}/${name}`);
  const wanted = Object.entries(requiredLabels).map(([key, value]) => `${key}=${value}`);
  return [`${missing.length} victims do not carry ${wanted.join(", ")}, such as ${named.join(", ")}`];
}

function carries(labels: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}
