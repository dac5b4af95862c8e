import type { Remark, Report } from "../report.ts";
import { correctedDuration } from "../text/corrected.ts";
import { parseGoDuration } from "../text/go-duration.ts";
import { shown, yamlString } from "../text/quote.ts";
import { at, type Located, textAt } from "../yaml/node.ts";

/** What Chaos Mesh marks as one-shot (`+chaos-mesh:oneshot` in api/v1alpha1). */
const ONE_SHOT: Readonly<Record<string, readonly string[]>> = {
  PodChaos: ["pod-kill", "container-kill"],
  AWSChaos: ["ec2-restart"],
  AzureChaos: ["vm-restart"],
  GCPChaos: ["node-reset"],
};

/** Reports durations that are missing, ignored, unreadable at run time or over before they begin. */
export function reportDuration(kind: string, spec: Located, report: Report): void {
  const duration = at(spec, "duration");
  const path = `${spec.path}.duration`;
  const spot = { path, span: duration?.node.span ?? spec.key };
  const remark = isOneShot(kind, spec)
    ? remarkOnOneShot(path, spec, duration)
    : remarkOn(path, textAt(spec, "duration"));
  if (remark !== undefined) report.finding(spot, remark);
}

/** True for what happens once, when the object is created, and has no end. */
export function isOneShot(kind: string, spec: Located): boolean {
  return Object.hasOwn(ONE_SHOT, kind) && (ONE_SHOT[kind] ?? []).includes(textAt(spec, "action") ?? "");
}

function remarkOnOneShot(path: string, spec: Located, duration: Located | undefined): Remark | undefined {
  return duration === undefined ? undefined : ignored(path, textAt(spec, "action") ?? "");
}

function remarkOn(path: string, written: string | undefined): Remark | undefined {
  if (written === undefined) return missing(path);
  const milliseconds = parseGoDuration(written);
  if (milliseconds === undefined) return unreadable(path, written);
  return milliseconds <= 0 ? overAtOnce(path, written) : undefined;
}

function missing(path: string): Remark {
  return {
    code: "no-duration",
    severity: "error",
    message: `${path} is missing, so the fault stays until somebody deletes the object.`,
    fix: "Add a duration, such as '5m'.",
  };
}

function ignored(path: string, action: string): Remark {
  return {
    code: "duration-ignored",
    severity: "notice",
    message: `${path} has no effect: ${action} happens once, when the object is created.`,
    fix: action.startsWith("pod") ? "Remove it, or use pod-failure to keep pods down for a time." : "Remove it.",
  };
}

function unreadable(path: string, written: string): Remark {
  const corrected = correctedDuration(written);
  return {
    code: "duration-unreadable",
    severity: "error",
    message: `${path} is ${shown(written)}: the cluster admits it, the controller cannot read it and lets the fault run for ever.`,
    ...(corrected === undefined
      ? { fix: "Write a number and a unit, such as '5m'." }
      : { fix: `Write ${yamlString(corrected)}.`, replacement: yamlString(corrected) }),
  };
}

function overAtOnce(path: string, written: string): Remark {
  return {
    code: "duration-not-positive",
    severity: "error",
    message: `${path} is ${shown(written)}, so the experiment is over before it begins.`,
    fix: "Write a duration above zero, such as '5m'.",
  };
}
