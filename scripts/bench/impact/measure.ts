// One wire from end to end: its round trip without a fault, then the predictions, then the measurements. The order is the point.

import { BASELINE, batchesOf, type Cell } from "./grid.ts";
import type { Row } from "./judge.ts";
import { type Predicted, predict } from "./predict.ts";
import { type BackEnd, type Baseline, baselineOf, figureOf, median, runPlan } from "./wire.ts";

export type BackEndRun = {
  readonly backEnd: BackEnd;
  readonly baseline: Baseline;
  readonly rows: readonly (Row & { readonly samples: readonly (number | null)[] })[];
};

/** Measures all cells `passes` times, so that a busy moment of the machine meets a cell once, and takes the medians. */
export async function measure(
  backEnd: BackEnd,
  binary: string,
  cells: readonly Cell[],
  passes: number,
): Promise<BackEndRun> {
  const baseline = baselineOf(await runPlan(backEnd, binary, [BASELINE]));
  const predictions = cells.map((cell): [Cell, Predicted] => [cell, predict(cell, baseline.exchangeMs / 1000)]);
  const figures: (number | null)[][] = [];
  for (let pass = 0; pass < passes; pass++) {
    const seen = await runPlan(backEnd, binary, batchesOf(cells));
    figures.push(cells.map((cell) => figureOf(cell, seen, baseline)));
  }
  const rows = predictions.map(([cell, predicted], index) => {
    const samples = figures.map((pass) => pass[index] ?? null);
    return { cell, backEnd, predicted, measured: middleOf(samples), samples };
  });
  return { backEnd, baseline, rows };
}

/** Of the samples sorted by size, where a pool that never filled is the longest time of all. */
function middleOf(samples: readonly (number | null)[]): number | null {
  const middle = median(samples.map((sample) => sample ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(middle) ? middle : null;
}
