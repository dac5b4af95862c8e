import type { Experiment } from "../manifest/experiment.ts";
import type { BlastRadius, WorkloadReach } from "../selector/blast-radius.ts";
import type { Remark } from "./remark.ts";

/** What the worst draw would leave of each workload. The gravest word about a workload is the only one. */
export function judgeReach({ kind }: Experiment, { workloads }: BlastRadius): readonly Remark[] {
  return workloads.flatMap((reach) => {
    const remark = worst(reach, kind === "PodChaos");
    return remark === undefined ? [] : [{ ...remark, severity: "warning" as const, path: "spec.mode" }];
  });
}

function worst(reach: WorkloadReach, isGone: boolean): Pick<Remark, "code" | "message" | "fix"> | undefined {
  const { workload, hits, pods, readyLeft, isSingle } = reach;
  if (hits.most === 0) return undefined;
  // Of a pod that nobody starts again more is lost than its service, and that is another rule's to say.
  if (isSingle && isGone && workload.includes("/Pod/")) return undefined;
  if (isSingle) {
    const message = `the only pod of ${workload} may be hit: nothing takes over meanwhile.`;
    return { code: "single-point", message, fix: "Add a replica, or select another workload." };
  }
  if (isGone && readyLeft <= 0) {
    const message = `up to ${hits.most} of the ${pods} pods of ${workload} may go at once, and no ready one would be left.`;
    return { code: "leaves-no-replica", message, fix: "Select fewer pods, or add replicas." };
  }
  if (hits.most < pods) return undefined;
  const message = `all ${pods} pods of ${workload} may be hit at once: nobody is left who is well.`;
  return { code: "whole-workload", message, fix: "Select a part of them, such as mode fixed-percent." };
}
