import type { Report } from "../report.ts";
import { parseGoDuration } from "../text/go-duration.ts";
import { parseFloat32 } from "../text/go-number.ts";
import { at, type Located, textAt } from "../yaml/node.ts";

/** Reports fields of a NetworkChaos that are read only beside another one (pkg/chaosdaemon/tc_server.go, pkg/netem/convert.go). */
export function reportIdleFields(spec: Located, report: Report): void {
  const delay = at(spec, "delay");
  if (isMore(textAt(delay, "correlation")) && !lasts(textAt(delay, "jitter")))
    reportIdle(at(delay, "correlation"), "only jitter is correlated, and there is none", report);
  if (at(delay, "reorder") !== undefined && !lasts(textAt(delay, "latency")))
    reportIdle(at(delay, "reorder"), "only packets that are delayed can be overtaken", report);
  reportBurst(at(spec, "bandwidth"), report);
  reportDevices(spec, report);
}

/** Chaos Mesh passes neither on where one of the two is missing. */
function reportBurst(bandwidth: Located | undefined, report: Report): void {
  const [peak, burst] = [at(bandwidth, "peakrate"), at(bandwidth, "minburst")];
  if (burst === undefined) reportIdle(peak, "peakrate is read only together with minburst", report);
  if (peak === undefined) reportIdle(burst, "minburst is read only together with peakrate", report);
}

/** The rules of `to` stand at the selected pods, those of `from` at the target's. */
function reportDevices(spec: Located, report: Report): void {
  const direction = textAt(spec, "direction") || "to";
  if (textAt(spec, "action") === "partition") return;
  if (direction === "from") reportIdle(at(spec, "device"), "with direction from the rules stand at the target", report);
  if (direction === "to")
    reportIdle(at(spec, "targetDevice"), "with direction to no rule stands at the target", report);
}

function reportIdle(found: Located | undefined, because: string, report: Report): void {
  if (found === undefined) return;
  report.finding(
    { path: found.path, span: found.key },
    {
      code: "field-ignored",
      severity: "notice",
      message: `${found.path} has no effect: ${because}.`,
      fix: "Remove it, or add what it needs.",
    },
  );
}

function isMore(percentage: string | undefined): boolean {
  return (parseFloat32(percentage ?? "") ?? 0) > 0;
}

function lasts(duration: string | undefined): boolean {
  return (parseGoDuration(duration ?? "") ?? 0) > 0;
}
