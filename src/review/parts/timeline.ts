import type { Bar, Timeline } from "../../manifest/time/timeline.ts";
import { label, prose } from "../escape.ts";
import type { ReviewedExperiment, Runs } from "../review.ts";

/** GitHub gives up on large diagrams, and nobody reads one of more rows than a screen has. */
const MOST_BARS = 40;
/** Without a known end a fault is drawn to the end of the picture, or this far beyond its start. */
const OPEN_END_MS = 60_000;

/** What a Workflow does when, or when a Schedule runs next, as a gantt chart with a sentence below; empty for anything else. */
export function timelineOf({ experiment, nextRuns }: ReviewedExperiment): string {
  const parts = [
    experiment.timeline === undefined ? "" : workflowChart(experiment.timeline),
    nextRuns === undefined ? "" : runsChart(nextRuns),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** When at most how many faults are active at once, and what cannot be placed. */
export function timelineSentences({ largestOverlap, totalMs, notPlaced, bars }: Timeline): readonly string[] {
  if (bars.length === 0) return [];
  const length = totalMs === undefined ? "When it ends is not known" : `It takes ${clock(totalMs)}`;
  const overlap =
    largestOverlap === undefined
      ? "never two faults at once"
      : `at most ${largestOverlap.names.length} faults at once, from ${clock(largestOverlap.atMs)} on: ${largestOverlap.names.join(", ")}`;
  const rest = notPlaced.length === 0 ? [] : [`Begin at a time that nobody knows: ${notPlaced.join(", ")}.`];
  return [`${length}, ${overlap}.`, ...rest];
}

/** `1:02:03` after the start, or `2:03` below an hour. */
export function clock(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** Where a bar without a known end is drawn to. */
export function drawnEnd(bar: Bar, bars: readonly Bar[]): number {
  const last = Math.max(...bars.map(({ startMs, endMs = startMs }) => endMs));
  return bar.endMs ?? Math.max(last, bar.startMs + OPEN_END_MS);
}

function workflowChart(timeline: Timeline): string {
  const { bars } = timeline;
  if (bars.length === 0) return "";
  const shown = bars.slice(0, MOST_BARS);
  // A day without a change of clocks anywhere, because the diagram is drawn in the reader's own zone.
  const rows = shown.map(
    (bar, at) => `  ${taskName(bar)} :${tags(bar)}t${at}, ${moment(bar.startMs)}, ${moment(drawnEnd(bar, bars))}`,
  );
  const more = bars.length > MOST_BARS ? [`and ${bars.length - MOST_BARS} more that are not drawn.`] : [];
  const chart = [
    "```mermaid",
    "gantt",
    "  dateFormat YYYY-MM-DD HH:mm:ss",
    "  axisFormat %H:%M:%S",
    ...rows,
    "```",
  ].join("\n");
  return `${chart}\n\n${prose([...timelineSentences(timeline), ...more].join(" "))}`;
}

function taskName({ name, type, what, endMs }: Bar): string {
  const end = endMs === undefined ? " until somebody ends it" : "";
  return `${label(name)} ${label(what === "fault" ? type : type.toLowerCase())}${end}`;
}

function tags({ what, startMs, endMs }: Bar): string {
  if (startMs === endMs) return "milestone, ";
  return what === "fault" ? "crit, " : "done, ";
}

function runsChart({ zone, isDeclared, times, lengthMs }: Runs): string {
  const first = times[0];
  if (first === undefined) return "";
  const whose = isDeclared ? "" : ", the zone of Chaos Mesh's controller where the schedule names none";
  const rows = times.map(
    (at, index) =>
      `  run-${index + 1} :crit, r${index}, ${at.shown}, ${Math.max(1, Math.round((lengthMs ?? 0) / 1000))}s`,
  );
  const chart = [
    "```mermaid",
    "gantt",
    "  dateFormat YYYY-MM-DD HH:mm:ss",
    "  axisFormat %a %H:%M",
    ...rows,
    "```",
  ].join("\n");
  return `${chart}\n\nThe next runs in ${prose(zone)}${whose}: ${times.map(({ shown }) => shown).join(", ")}.`;
}

function moment(milliseconds: number): string {
  const date = new Date(Date.UTC(2001, 0, 1) + milliseconds).toISOString();
  return `${date.slice(0, 10)} ${date.slice(11, 19)}`;
}
