// What a pull request shows of one run: a report enters; the comment and the check that follow the run leave. The report comes from
// the cluster, so its names and sentences are hostile; it is never read back as state.

import type { RunReport } from "../run/report.ts";
import type { Rendering } from "./audience.ts";
import { predictedBesideMeasured, unmeasured } from "./run/beside.ts";
import { headline, identity, progress, shortHeadline } from "./run/headline.ts";
import { objectivesTable } from "./run/objectives.ts";
import { plot } from "./run/plot.ts";
import { rollbackProof } from "./run/proof.ts";
import { timelineSection } from "./run/timeline.ts";
import { victimsSection } from "./run/victims.ts";
import { withoutNames } from "./run/without-names.ts";
import { folded, HARD_LIMIT, join, type Section } from "./sections.ts";

export type RunConclusion = "success" | "failure" | "cancelled" | "action_required";

export type RunCheck = {
  /** Absent while the run goes on. */
  readonly conclusion?: RunConclusion;
  readonly title: string;
  readonly summary: string;
  readonly text: string;
};

/** The comment that follows a run through its phases and ends as its result. */
export function renderRunComment(report: RunReport, rendering: Rendering): string {
  return join(sectionsOf(report, rendering));
}

/** The check of a run; its text has room for what the comment leaves out. */
export function renderRunCheck(report: RunReport, rendering: Rendering): RunCheck {
  const [first, ...rest] = sectionsOf(report, rendering);
  const shown = rendering.audience === "public" ? withoutNames(report) : report;
  return {
    ...conclusionOf(report),
    title: shortHeadline(shown),
    summary: first?.markdown ?? "",
    text: join(rest, HARD_LIMIT),
  };
}

function sectionsOf(report: RunReport, { audience }: Rendering): readonly Section[] {
  const shown = audience === "public" ? withoutNames(report) : report;
  const rest = unmeasured(shown);
  return [
    { markdown: `${headline(shown)}\n\n${identity(shown)}`, needed: true },
    { markdown: progress(shown), needed: true },
    { markdown: objectivesTable(shown), needed: true },
    { markdown: predictedBesideMeasured(shown), needed: true },
    { markdown: rollbackProof(shown, audience), needed: true },
    { markdown: folded("<b>Plot</b>", shown.phase === "finished" ? plot(shown) : "", "open") },
    { markdown: victimsSection(shown, audience) },
    { markdown: folded("<b>Predicted, not measured by this run</b>", rest) },
    { markdown: timelineSection(shown) },
  ];
}

/**
 * Green only for `resilient` with nothing left behind. What a rollback could not prove is a failure whatever was found; what says
 * nothing about the system (`inconclusive`, `refused`) asks for another run and can never pass a required check.
 */
function conclusionOf({ phase, verdict, rollback }: RunReport): { readonly conclusion?: RunConclusion } {
  if (phase !== "finished") return {};
  if (rollback !== "verified" && rollback !== "not-needed") return { conclusion: "failure" };
  switch (verdict) {
    case "resilient":
      return { conclusion: "success" };
    case "violated":
      return { conclusion: "failure" };
    case "aborted":
      return { conclusion: "cancelled" };
    default:
      return { conclusion: "action_required" };
  }
}
