import type { Experiment } from "../manifest/experiment.ts";
import type { Selection } from "../selector/selection.ts";
import { effectiveDuration, isOneShot } from "./duration.ts";
import type { Caps } from "./policy.ts";
import type { Remark } from "./remark.ts";

/** What the caps say. Too many pods refuse; too long a duration is shortened and said; no end at all refuses. */
export function judgeCaps(experiment: Experiment, selection: Selection | undefined, caps: Caps): readonly Remark[] {
  return [...judgeDuration(experiment, caps), ...(selection === undefined ? [] : judgeCount(selection, caps))];
}

function judgeDuration(experiment: Experiment, { durationMs: capMs }: Caps): readonly Remark[] {
  if (isOneShot(experiment)) return [];
  const { durationMs, cappedFromMs } = effectiveDuration(experiment, capMs);
  const path = "spec.duration";
  if (durationMs === undefined) {
    const message = "nothing ends this fault: the manifest has no duration, and the policy has no cap.";
    return [{ code: "duration-unbounded", severity: "error", path, message, fix: "Add duration, such as 30s." }];
  }
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
