import type { Experiment } from "../manifest/experiment.ts";
import type { BlastRadius } from "../selector/blast-radius.ts";
import { isCovered } from "../selector/budget.ts";
import { isDrawn, type Selection } from "../selector/selection.ts";
import type { PodFact, Snapshot } from "../selector/snapshot.ts";
import type { Remark } from "./remark.ts";

/**
 * What the live pods themselves forbid, or deserve a word about. With `reach` every draw that is possible counts, so that a review
 * never hangs on its own draw; without it the selection is the one that will be hit.
 */
export function judgeVictims(
  experiment: Experiment,
  selection: Selection,
  budgets: Snapshot["budgets"],
  reach?: BlastRadius,
): readonly Remark[] {
  const isOpen = reach !== undefined && isDrawn(selection);
  const victims: Victims = isOpen
    ? { pods: selection.matched, called: "matching pods that may be drawn" }
    : { pods: selection.selected, called: "pods" };
  return [
    ...judgeNobody(selection),
    ...judgeHostNetwork(experiment, victims),
    ...judgePeers(experiment, selection),
    ...judgeContainers(experiment, selection),
    ...(experiment.kind === "PodChaos" ? [...judgeOrphans(victims), ...judgeBudgets(selection, budgets, reach)] : []),
  ];
}

type Victims = { readonly pods: readonly PodFact[]; readonly called: string };

function judgeNobody({ matched }: Selection): readonly Remark[] {
  if (matched.length > 0) return [];
  const message = "no live pod matches the selector: nothing would happen.";
  return [
    {
      code: "selects-nobody",
      severity: "error",
      path: "spec.selector",
      message,
      fix: "Compare the labels with those of the running pods.",
    },
  ];
}

function judgeHostNetwork({ kind }: Experiment, { pods, called }: Victims): readonly Remark[] {
  const hosts = pods.filter(({ hostNetwork }) => hostNetwork);
  if (kind !== "NetworkChaos" || hosts.length === 0) return [];
  const message = `${hosts.length} of the ${called} use the host's network: a fault there hits the whole node.`;
  return [
    {
      code: "host-network",
      severity: "error",
      path: "spec.selector",
      message,
      fix: "Leave pods with hostNetwork out.",
    },
  ];
}

function judgePeers(experiment: Experiment, { peers }: Selection): readonly Remark[] {
  if (experiment.kind !== "NetworkChaos" || experiment.network.target === undefined || peers.length > 0) return [];
  const message = "no live pod matches target.selector: the victims would feel nothing.";
  return [
    {
      code: "selects-no-peer",
      severity: "error",
      path: "spec.target.selector",
      message,
      fix: "Compare the labels with those of the running pods.",
    },
  ];
}

/** Chaos Mesh takes the containers that have one of the names, and says nothing about names that none has. */
function judgeContainers(experiment: Experiment, { matched }: Selection): readonly Remark[] {
  const named = namedContainers(experiment);
  if (named.length === 0 || matched.length === 0) return [];
  const there = new Set(matched.flatMap(({ containers }) => containers.map(({ name }) => name)));
  return named
    .filter((name) => !there.has(name))
    .map((name) => ({
      code: "container-unknown",
      severity: "error",
      path: "spec.containerNames",
      message: `none of the ${matched.length} matching pods has a container ${name}: nothing would be hit for that name.`,
      fix: `Write a container of theirs: ${[...there].slice(0, 10).join(", ")}.`,
    }));
}

function namedContainers(experiment: Experiment): readonly string[] {
  if (experiment.kind === "IOChaos") return experiment.io.containerNames;
  if (experiment.kind === "StressChaos") return experiment.stress.containerNames;
  if (experiment.kind === "TimeChaos") return experiment.clock.containerNames;
  const kills = experiment.kind === "PodChaos" && experiment.pod.action === "container-kill";
  return kills ? experiment.pod.containerNames : [];
}

function judgeOrphans({ pods, called }: Victims): readonly Remark[] {
  const orphans = pods.filter(({ workload }) => workload === undefined);
  if (orphans.length === 0) return [];
  const message = `${orphans.length} of the ${called} have no controller: killed, they are gone for good.`;
  return [
    {
      code: "pod-without-controller",
      severity: "error",
      path: "spec.selector",
      message,
      fix: "Select pods of a workload.",
    },
  ];
}

function judgeBudgets(
  { selected }: Selection,
  budgets: Snapshot["budgets"],
  reach: BlastRadius | undefined,
): readonly Remark[] {
  const counted = budgets.map((budget) => {
    const hit = selected.filter((pod) => isCovered(pod, budget)).length;
    return {
      budget: `${budget.namespace}/${budget.name}`,
      hits: { least: hit, most: hit },
      allowed: budget.disruptionsAllowed,
    };
  });
  return (reach?.budgets ?? counted).flatMap(({ budget, hits, allowed }) => {
    if (hits.most <= allowed) return [];
    const many = `${hits.least === hits.most ? "" : "up to "}${hits.most} ${hits.most === 1 ? "pod" : "pods"}`;
    const message = `${many} of disruption budget ${budget} would go at once; it allows ${allowed} now.`;
    return [
      {
        code: "over-disruption-budget",
        severity: "error" as const,
        path: "spec.mode",
        message,
        fix: `Select ${allowed} pods or fewer.`,
      },
    ];
  });
}
