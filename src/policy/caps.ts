import type { Experiment } from "../manifest/experiment.ts";
import type { Selection } from "../selector/selection.ts";
import { effectiveDuration, isOneShot } from "./duration.ts";
import type { Caps, Policy } from "./policy.ts";
import type { Remark } from "./remark.ts";
import { longestWindowMs, type Times } from "./times.ts";

/** What the caps say. Too many pods refuse; too long a duration is shortened and said; no end at all refuses. */
export function judgeCaps(
  experiment: Experiment,
  selection: Selection | undefined,
  { caps, times }: Pick<Policy, "caps" | "times">,
): readonly Remark[] {
  return [...judgeDuration(experiment, caps, times), ...(selection === undefined ? [] : judgeCount(selection, caps))];
}

function judgeDuration(
  experiment: Experiment,
  { durationMs: capMs }: Caps,
  times: Times | undefined,
): readonly Remark[] {
  if (isOneShot(experiment)) return [];
  const { durationMs, cappedFromMs } = effectiveDuration(experiment, capMs);
  const path = "spec.duration";
  if (durationMs === undefined) {
    const message = "nothing ends this fault: the manifest has no duration, and the policy has no cap.";
    return [{ code: "duration-unbounded", severity: "error", path, message, fix: "Add duration, such as 30s." }];
  }
  const windowMs = times === undefined ? undefined : longestWindowMs(times);
  if (windowMs !== undefined && durationMs > windowMs) return [overWindow(durationMs, windowMs)];
  if (cappedFromMs !== undefined) {
    const message = `the policy caps a fault at ${seconds(durationMs)}; the manifest's ${seconds(cappedFromMs)} will be cut to that.`;
    const fix = "Nothing to do, or write the shorter duration so that the manifest says what happens.";
    return [{ code: "duration-capped", severity: "notice", path, message, fix }];
  }
  if (experiment.durationMs !== undefined) return [];
  const message = `the manifest has no duration; the policy's cap of ${seconds(durationMs)} ends the fault.`;
  return [
    {
      code: "duration-from-cap",
      severity: "notice",
      path,
      message,
      fix: "Add duration, so that the manifest says what happens.",
    },
  ];
}

function overWindow(durationMs: number, windowMs: number): Remark {
  return {
    code: "duration-over-window",
    severity: "error",
    path: "spec.duration",
    message: `the fault lasts ${seconds(durationMs)}, and the environment's longest window is ${seconds(windowMs)}: no run could end in time.`,
    fix: "Write a duration that fits into a window.",
  };
}

function judgeCount({ count, matched }: Selection, { pods, percent }: Caps): readonly Remark[] {
  const remarks: Remark[] = [];
  if (pods !== undefined && count.most > pods) {
    const message = `the experiment may hit ${count.most} pods; the policy's cap is ${pods}.`;
    remarks.push({
      code: "pods-over-cap",
      severity: "error",
      path: "spec.mode",
      message,
      fix: `Select ${pods} pods or fewer.`,
    });
  }
  const share = matched.length === 0 ? 0 : (100 * count.most) / matched.length;
  if (percent !== undefined && share > percent) {
    const message = `the experiment may hit ${count.most} of ${matched.length} matching pods (${Math.round(share)} %); the policy's cap is ${percent} %.`;
    const fix = `Use mode fixed-percent with value "${percent}", or less.`;
    remarks.push({ code: "percent-over-cap", severity: "error", path: "spec.mode", message, fix });
  }
  return remarks;
}

function seconds(ms: number): string {
  return `${Number((ms / 1000).toFixed(3))} s`;
}
