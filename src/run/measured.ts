// Figures that a run measures, each with the id of the prediction that it stands beside where there is one.

import type { Objective } from "../slo/objective.ts";
import { meanOf, worstOf } from "../slo/worst.ts";
import type { Measured } from "./report.ts";
import { readingsOf, type Story } from "./story.ts";

/** Connect times of a victim and of an unselected replica to the same peer, in ms. */
export type ConnectTimes = { readonly victim: readonly number[]; readonly control: readonly number[] };

/** Below this a difference of two medians is noise of the scheduler, in ms. */
const NOISE_MS = 2;

/** Baseline mean and worst value under the fault of each objective. */
export function objectiveFigures(objectives: readonly Objective[], story: Story): readonly Measured[] {
  return objectives.flatMap((objective) => [
    ...figure(
      objective,
      "baseline",
      meanOf(readingsOf(story, "baseline"), objective),
      "mean of the baseline's readings",
    ),
    ...figure(objective, "worst", worstOf(readingsOf(story, "watching"), objective), "worst reading under the fault"),
  ]);
}

/** What a new connection from a victim costs more than one from a replica without a fault. A TCP handshake is one round trip. */
export function connectFigures(subject: string, { victim, control }: ConnectTimes): readonly Measured[] {
  const [faulted, plain] = [median(victim), median(control)];
  if (faulted === undefined || plain === undefined) return [];
  const against = `${rounded(faulted)} ms, and ${rounded(plain)} ms from an unselected replica`;
  const how = `median of ${victim.length} TCP connects by the victim's own clock: ${against}`;
  const added = { subject, value: faulted - plain, unit: "ms", how };
  return [
    { ...added, id: "connect-time", title: "Added TCP connect time" },
    { ...added, id: "added-latency", title: "Added latency per round trip" },
    {
      ...added,
      id: "round-trip",
      title: "Round trip without the fault",
      value: plain,
      how: `median of ${control.length} TCP connects of an unselected replica`,
    },
  ];
}

/** Whether connect times show a fault at all. Connects that never came back are felt too. */
export function isFelt({ victim, control }: ConnectTimes): boolean {
  const [faulted, plain] = [median(victim), median(control)];
  if (plain === undefined) return false;
  return faulted === undefined || faulted - plain > Math.max(NOISE_MS, plain);
}

function figure(
  objective: Objective,
  part: "baseline" | "worst",
  value: number | undefined,
  how: string,
): readonly Measured[] {
  if (value === undefined) return [];
  const { name, title, unit } = objective;
  return [{ id: `objective-${part}`, subject: name, title: `${title}, ${part}`, value, unit, how }];
}

function median(values: readonly number[]): number | undefined {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)];
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
