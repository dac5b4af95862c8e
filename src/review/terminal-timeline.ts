import { visible } from "./escape.ts";
import { clock, drawnEnd, timelineSentences } from "./parts/timeline.ts";
import type { ReviewedExperiment } from "./review.ts";

const BAR_WIDTH = 40;

/** A Workflow as bars along one line of time, a Schedule as its next moments. */
export function timelineLines({ experiment: { timeline }, nextRuns }: ReviewedExperiment): readonly string[] {
  const bars = timeline?.bars ?? [];
  const whole = Math.max(1, ...bars.map((bar) => drawnEnd(bar, bars)));
  const widest = Math.max(0, ...bars.map(({ name }) => visible(name).length));
  const lines = bars.map((bar) => {
    const [from, to] = [bar.startMs, drawnEnd(bar, bars)].map((at) => Math.round((at / whole) * BAR_WIDTH));
    const mark = (bar.what === "fault" ? "█" : "░").repeat(Math.max(1, (to ?? 0) - (from ?? 0)));
    const end = bar.endMs === undefined ? "?" : clock(bar.endMs);
    const drawn = `${" ".repeat(from ?? 0)}${mark}`.padEnd(BAR_WIDTH + 1);
    return `  ${visible(bar.name).padEnd(widest)}  ${drawn} ${clock(bar.startMs)}-${end}`;
  });
  const runs =
    nextRuns === undefined
      ? []
      : [`  next    ${nextRuns.times.map(({ shown }) => shown).join(", ")} (${visible(nextRuns.zone)})`];
  return [
    ...lines,
    ...(timeline === undefined ? [] : timelineSentences(timeline).map((line) => `  ${visible(line)}`)),
    ...runs,
  ];
}
