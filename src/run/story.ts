// What a run has to tell, gathered while it goes on. Everything is bounded, because it travels inside every report.

import type { Reading } from "../slo/objective.ts";
import type { Measured, RunReport, VictimReport } from "./report.ts";

export type Story = {
  readonly updatedAt: number;
  readonly timeline: RunReport["timeline"];
  readonly readings: RunReport["readings"];
  readonly victims: readonly VictimReport[];
  readonly measured: readonly Measured[];
  readonly silence?: NonNullable<RunReport["silence"]>;
  readonly residue?: NonNullable<RunReport["residue"]>;
};

type During = Story["readings"][number]["during"];

const MOST_READINGS = 1_200;
const MOST_EVENTS = 200;
const LONGEST_SENTENCE = 500;

/** A story in which nothing has happened yet. */
export function emptyStory(at: number): Story {
  return { updatedAt: at, timeline: [], readings: [], victims: [], measured: [] };
}

/** Adds a sentence to the timeline; the first ones are kept and the middle gives way. */
export function tell(story: Story, at: number, what: string): Story {
  const timeline = [...story.timeline, { at, what: what.slice(0, LONGEST_SENTENCE) }];
  const excess = timeline.length - MOST_EVENTS;
  const kept = excess > 0 ? timeline.toSpliced(MOST_EVENTS / 2, excess) : timeline;
  return { ...story, updatedAt: at, timeline: kept };
}

/** Adds the readings of one poll; when there are too many, every second of the older watching ones goes. */
export function read(story: Story, at: number, during: During, readings: readonly Reading[]): Story {
  const all = [...story.readings, ...readings.map((reading) => ({ ...reading, during }))];
  return { ...story, updatedAt: at, readings: all.length > MOST_READINGS ? thinned(all) : all };
}

/** The readings of one part of the run. */
export function readingsOf({ readings }: Story, during: During): readonly Reading[] {
  return readings.filter((reading) => reading.during === during);
}

/** Notes when each of these nodes freed its victims; the first time counts. */
export function freed(
  story: Story,
  nodes: readonly { readonly node: string; readonly at: number }[],
  at: number,
): Story {
  const times = new Map(nodes.map((one) => [one.node, one.at]));
  const victims = story.victims.map((victim) => {
    const revertedAt = victim.revertedAt ?? times.get(victim.node);
    return revertedAt === undefined ? victim : { ...victim, revertedAt };
  });
  return { ...story, updatedAt: at, victims };
}

/** Polls are thinned whole: a poll keeps the readings of all its objectives or none. A breach is never thinned away. */
function thinned(readings: Story["readings"]): Story["readings"] {
  const polls = [...new Set(readings.map(({ at }) => at))];
  const older = polls.slice(0, polls.length / 2);
  const dropped = new Set(older.filter((_, index) => index % 2 === 1));
  return readings.filter(({ at, during, kind }) => during !== "watching" || kind === "breach" || !dropped.has(at));
}
