import { CLOCK_IDS } from "../experiment.ts";
import type { Remark, Report } from "../report.ts";
import { parseGoDuration } from "../text/go-duration.ts";
import { nearest } from "../text/nearest.ts";
import { shown } from "../text/quote.ts";
import { at, itemsOf, type Located, textAt } from "../yaml/node.ts";

/** Reports what a TimeChaos says and does not do. */
export function reportTimeChaos(spec: Located, report: Report): void {
  const offset = at(spec, "timeOffset");
  if (offset !== undefined && parseGoDuration(textAt(spec, "timeOffset") ?? "") === 0)
    report.finding({ path: offset.path, span: offset.node.span }, NO_OFFSET);
  for (const clock of itemsOf(at(spec, "clockIds"))) reportClock(clock, report);
}

const NO_OFFSET: Remark = {
  code: "offset-of-nothing",
  severity: "error",
  message: "timeOffset is zero, so the experiment changes nothing and is called injected.",
  fix: "Write by how much the clock is to be wrong, such as '-10m'.",
};

function reportClock({ node, path }: Located, report: Report): void {
  const written = node.kind === "string" ? node.value : "";
  if (CLOCK_IDS.some((clock) => clock === written)) return;
  const meant = nearest(written, CLOCK_IDS);
  report.finding(
    { path, span: node.span },
    {
      code: "clock-unknown",
      severity: "error",
      message: `${shown(written)} is no clock that Chaos Mesh knows; the cluster admits it and the injection fails.`,
      fix: meant === undefined ? "Use a clock such as CLOCK_REALTIME." : `Write ${meant}.`,
    },
  );
}
