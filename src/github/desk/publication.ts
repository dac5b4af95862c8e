import type { RunReport } from "../../run/report.ts";
import type { ProgressMark } from "../marks.ts";

/** GitHub allows some 80 creations and changes a minute; a run in one phase is published no more often than this. */
const PUBLISH_EVERY_MS = 10_000;

/** What passes within a second or two is told only where it lasts after all: eight phases would be sixteen writes a run. */
const PASSING: ReadonlySet<RunReport["phase"]> = new Set(["preflight", "injecting", "rolling-back", "verifying"]);
const PASSING_FOR_MS = 3_000;

export type Publication = "publish" | "wait" | "old";

/** Whether a report is worth writing down: a phase that lasts at once, the same phase now and then, an older report never. */
export function decidePublication(
  before: ProgressMark | undefined,
  { sequence, phase }: Pick<RunReport, "sequence" | "phase">,
  nowMs: number,
): Publication {
  if (before === undefined) return "publish";
  if (before.phase === "finished" || sequence <= before.sequence) return "old";
  if (phase !== before.phase && !PASSING.has(phase)) return "publish";
  if (phase !== before.phase) return nowMs - before.publishedAt >= PASSING_FOR_MS ? "publish" : "wait";
  return nowMs - before.publishedAt >= PUBLISH_EVERY_MS ? "publish" : "wait";
}
