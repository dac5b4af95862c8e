// What was measured once, kept in the repository; predictions are made anew from it, so that a change of the model shows.

import { readFileSync } from "node:fs";
import { type Cell, gridOf, nameOf } from "./grid.ts";
import type { Row } from "./judge.ts";
import { type Conditions, predict } from "./predict.ts";
import type { BackEnd, Baseline } from "./wire.ts";

export const RECORD = "test/fixtures/impact/measured.json";

export type Wire = {
  readonly kernel: string;
  readonly baseline: Baseline;
  /** Bytes per second or seconds by the name of the cell; null: the pool never filled. */
  readonly cells: Readonly<Record<string, number | null>>;
};

export type MeasuredRecord = {
  readonly date: string;
  readonly minutes: number;
  readonly wires: Readonly<Record<BackEnd, Wire>>;
};

export function readRecord(): MeasuredRecord {
  return JSON.parse(readFileSync(RECORD, "utf8"));
}

export type Predict = (cell: Cell, conditions: Conditions) => Row["predicted"];

/** The whole grid on both back ends; a cell that the record lacks is a mistake, not a gap. */
export function rowsOf({ wires }: MeasuredRecord, by: Predict = predict): readonly Row[] {
  return (["netem", "packet-queue"] as const).flatMap((backEnd) => {
    const { baseline, kernel, cells } = wires[backEnd];
    const conditions = { rttSeconds: baseline.exchangeMs / 1000, kernel };
    return gridOf("full").map((cell): Row => {
      const measured = cells[nameOf(cell)];
      if (measured === undefined) throw new Error(`${RECORD} has no ${nameOf(cell)} by ${backEnd}`);
      return { cell, backEnd, predicted: by(cell, conditions), measured };
    });
  });
}
