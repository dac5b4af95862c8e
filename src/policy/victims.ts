import type { Experiment } from "../manifest/experiment.ts";
import { isCovered } from "../selector/budget.ts";
import type { Selection } from "../selector/selection.ts";
import type { Snapshot } from "../selector/snapshot.ts";
import type { Remark } from "./remark.ts";

/** What the live pods themselves forbid, or deserve a word about. */
export function judgeVictims(
  experiment: Experiment,
  selection: Selection,
  budgets: Snapshot["budgets"],
): readonly Remark[] {
  return [
    ...judgeNobody(selection),
    ...judgeHostNetwork(experiment, selection),
    ...judgePeers(experiment, selection),
    ...judgeContainers(experiment, selection),
    ...(experiment.kind === "PodChaos" ? [...judgeOrphans(selection), ...judgeBudgets(selection, budgets)] : []),
  ];
}

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

function judgeHostNetwork({ kind }: Experiment, { selected }: Selection): readonly Remark[] {
  const hosts = selected.filter(({ hostNetwork }) => hostNetwork);
  if (kind !== "NetworkChaos" || hosts.length === 0) return [];
  const message = `${hosts.length} of the pods use the host's network: a fault there hits the whole node.`;
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
  if (experiment.kind !== "PodChaos" || experiment.pod.action !== "container-kill" || matched.length === 0) return [];
  const there = new Set(matched.flatMap(({ containers }) => containers.map(({ name }) => name)));
  return experiment.pod.containerNames
    .filter((name) => !there.has(name))
    .map((name) => ({
      code: "container-unknown",
      severity: "error",
      path: "spec.containerNames",
      message: `none of the ${matched.length} matching pods has a container ${name}: nothing would be killed for that name.`,
      fix: `Write a container of theirs: ${[...there].slice(0, 10).join(", ")}.`,
    }));
}

function judgeOrphans({ selected }: Selection): readonly Remark[] {
  const orphans = selected.filter(({ workload }) => workload === undefined);
  if (orphans.length === 0) return [];
  const message = `${orphans.length} of the pods have no controller: killed, they are gone for good.`;
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

function judgeBudgets({ selected }: Selection, budgets: Snapshot["budgets"]): readonly Remark[] {
  return budgets.flatMap((budget) => {
    const { namespace, name, disruptionsAllowed } = budget;
    const hit = selected.filter((pod) => isCovered(pod, budget)).length;
    if (hit <= disruptionsAllowed) return [];
    const message = `${hit} pods of disruption budget ${namespace}/${name} would go at once; it allows ${disruptionsAllowed} now.`;
    return [
      {
        code: "over-disruption-budget",
        severity: "error" as const,
        path: "spec.mode",
        message,
        fix: `Select ${disruptionsAllowed} pods or fewer.`,
      },
    ];
  });
}
