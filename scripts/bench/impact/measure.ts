// One wire from end to end: its round trip without a fault, then the predictions, then the measurements. The order is the point.

import { BASELINE, batchesOf, type Cell } from "./grid.ts";
import type { Row } from "./judge.ts";
import { type Predicted, predict } from "./predict.ts";
import { type BackEnd, type Baseline, baselineOf, figureOf, kernelOf, median, runPlan } from "./wire.ts";

export type WireRun = {
  readonly backEnd: BackEnd;
  readonly kernel: string;
  readonly baseline: Baseline;
  readonly rows: readonly (Row & { readonly samples: readonly (number | null)[] })[];
};

/**
 * Measures the cells `passes` times, so that a busy moment of the machine meets a cell once, and takes the medians. Loss is measured
 * once: it is already a mean over many streams or over ten seconds.
 */
export async function measure(
  backEnd: BackEnd,
  binary: string,
  cells: readonly Cell[],
  passes: number,
): Promise<WireRun> {
  const before = await runPlan(backEnd, binary, [BASELINE]);
  const baseline = baselineOf(before);
  const conditions = { rttSeconds: baseline.exchangeMs / 1000, kernel: kernelOf(before) };
  const predictions = cells.map((cell): [Cell, Predicted] => [cell, predict(cell, conditions)]);
  const samples = new Map<Cell, readonly (number | null)[]>();
  for (let pass = 0; pass < passes; pass++) {
    const asked = cells.filter(({ group }) => pass === 0 || group !== "loss");
    const seen = await runPlan(backEnd, binary, batchesOf(asked));
    for (const cell of asked) samples.set(cell, [...(samples.get(cell) ?? []), figureOf(cell, seen, baseline)]);
  }
  const rows = predictions.map(([cell, predicted]) => {
    const found = samples.get(cell) ?? [];
    return { cell, backEnd, predicted, measured: middleOf(found), samples: found };
  });
  return { backEnd, kernel: conditions.kernel, baseline, rows };
}

/** Of the samples sorted by size, where a pool that never filled is the longest time of all. */
function middleOf(samples: readonly (number | null)[]): number | null {
  const middle = median(samples.map((sample) => sample ?? Number.POSITIVE_INFINITY));
  return Number.isFinite(middle) ? middle : null;
}
