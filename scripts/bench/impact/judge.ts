// Predictions beside measurements, and the targets they are held to. Pure. Enters: rows. Leaves: verdicts, one a target and back end.

import { type Cell, type Group, nameOf } from "./grid.ts";
import type { Predicted } from "./predict.ts";
import { type BackEnd, median } from "./wire.ts";

/** One cell on one back end. Bytes per second or seconds; measured null: a pool that never filled. */
export type Row = {
  readonly cell: Cell;
  readonly backEnd: BackEnd;
  readonly predicted: Predicted;
  readonly measured: number | null;
};

export type Verdict = {
  readonly group: Group;
  readonly backEnd: BackEnd;
  readonly says: string;
  readonly found: number;
  readonly target: number;
  readonly met: boolean;
};

/** An interval wider than this, high / low, counts as no prediction at all. */
export const WIDEST = 4;

/** measured / predicted - 1; 0 where both say never, and infinite where one does. */
export function errorOf({ predicted: { value }, measured }: Row): number {
  if (value === "never" || measured === null)
    return value === "never" && measured === null ? 0 : Number.POSITIVE_INFINITY;
  return measured / value - 1;
}

/** Whether the measurement lies in an interval that says something. */
export function isInside({ predicted: { interval }, measured }: Row): boolean {
  if (interval === null || measured === null || widthOf(interval) > WIDEST) return false;
  return measured >= interval[0] && measured <= interval[1];
}

function widthOf([low, high]: readonly [number, number]): number {
  return high / low;
}

/** All targets over all rows. */
export function judge(rows: readonly Row[]): readonly Verdict[] {
  const backEnds = [...new Set(rows.map(({ backEnd }) => backEnd))];
  return backEnds.flatMap((backEnd) => {
    const of = (group: Group): readonly Row[] =>
      rows.filter((row) => row.backEnd === backEnd && row.cell.group === group);
    return [
      ...errors("window", backEnd, of("window"), { median: 0.05, worst: 0.1 }),
      ...errors("latency", backEnd, of("latency"), { median: 0.05, worst: 0.1 }),
      ...errors("transfer", backEnd, of("transfer"), { worst: 0.1 }),
      ...errors("saturation", backEnd, of("saturation"), { worst: 0.1 }),
      ...intervals(backEnd, of("loss")),
    ];
  });
}

function errors(
  group: Group,
  backEnd: BackEnd,
  rows: readonly Row[],
  targets: { readonly median?: number; readonly worst: number },
): readonly Verdict[] {
  if (rows.length === 0) return [];
  const found = rows.map((row) => Math.abs(errorOf(row)));
  const verdict = (says: string, value: number, target: number): Verdict => {
    return { group, backEnd, says, found: value, target, met: value <= target };
  };
  return [
    ...(targets.median === undefined ? [] : [verdict("median error", median(found), targets.median)]),
    verdict("worst error", Math.max(...found), targets.worst),
  ];
}

function intervals(backEnd: BackEnd, rows: readonly Row[]): readonly Verdict[] {
  if (rows.length === 0) return [];
  const widths = rows.flatMap(({ predicted: { interval } }) => (interval === null ? [] : [widthOf(interval)]));
  const inside = rows.filter(isInside).length / rows.length;
  const common = { group: "loss", backEnd } as const;
  return [
    { ...common, says: "share inside the interval", found: inside, target: 0.9, met: inside >= 0.9 },
    {
      ...common,
      says: "median width, high / low",
      found: median(widths),
      target: WIDEST,
      met: median(widths) <= WIDEST,
    },
  ];
}

/** One line a row, for people. */
export function lineOf(row: Row): string {
  const { predicted, measured, backEnd, cell } = row;
  const words = [
    backEnd.padEnd(12),
    nameOf(cell).padEnd(30),
    written(predicted.value).padStart(10),
    written(measured ?? "never").padStart(10),
    `${(100 * errorOf(row)).toFixed(1)} %`.padStart(9),
  ];
  if (cell.group !== "loss" || predicted.interval === null) return words.join(" ");
  const [low, high] = predicted.interval;
  return [...words, `[${written(low)}, ${written(high)}]`, isInside(row) ? "inside" : "OUTSIDE"].join(" ");
}

function written(value: number | "never"): string {
  return value === "never" ? value : Number(value.toPrecision(4)).toString();
}
