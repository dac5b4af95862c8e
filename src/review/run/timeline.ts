import type { RunReport } from "../../run/report.ts";
import { prose } from "../escape.ts";
import { since } from "../figure.ts";
import { folded, table } from "../sections.ts";

const MOST_ROWS = 60;

/** What happened when, oldest first; of a long run the beginning and the end. */
export function timelineSection({ timeline, requestedAt }: RunReport): string {
  if (timeline.length === 0) return "";
  const rows = ends(timeline).map(({ at, what }) => [since(requestedAt, at), prose(what)]);
  return folded("<b>Timeline</b>", table(["When:", "What"], rows));
}

function ends(timeline: RunReport["timeline"]): RunReport["timeline"] {
  if (timeline.length <= MOST_ROWS) return timeline;
  return [...timeline.slice(0, MOST_ROWS / 2), ...timeline.slice(-MOST_ROWS / 2)];
}
