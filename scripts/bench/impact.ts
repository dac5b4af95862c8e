// impact.ts: holds the impact model to a real wire. Predicts every cell of the grid, then measures it under the daemon's own faults,
// three times, and writes .bench/impact.json; exit code 1 when a target is missed. Run by `make bench-impact`, in a sandbox.

import { mkdirSync, writeFileSync } from "node:fs";
import { release } from "node:os";
import { batchesOf, gridOf, nameOf } from "./impact/grid.ts";
import { judge, lineOf } from "./impact/judge.ts";
import { type BackEndRun, measure } from "./impact/measure.ts";
import { buildWire, missing } from "./impact/wire.ts";

const PASSES = 3;
const startedAt = performance.now();
const cells = gridOf("full");
const binary = buildWire();

const runs: BackEndRun[] = [];
for (const backEnd of ["packet-queue", "netem"] as const) {
  const why = missing(backEnd);
  if (why !== undefined) throw new Error(`bench-impact: ${backEnd} cannot be measured here: ${why}`);
  console.log(`${backEnd}: ${cells.length} cells in ${batchesOf(cells).length} batches, ${PASSES} times`);
  runs.push(await measure(backEnd, binary, cells, PASSES));
}

const rows = runs.flatMap((run) => run.rows);
for (const row of rows) console.log(lineOf(row));
const verdicts = judge(rows);
for (const { backEnd, group, says, found, target, met } of verdicts)
  console.log(`${met ? "met   " : "MISSED"} ${backEnd} ${group}: ${says} ${found.toFixed(3)} (target ${target})`);

mkdirSync(".bench", { recursive: true });
const report = {
  hostKernel: release(),
  passes: PASSES,
  minutes: Number(((performance.now() - startedAt) / 60_000).toFixed(1)),
  verdicts,
  wires: runs.map(({ backEnd, baseline, rows: measured }) => ({
    backEnd,
    baseline,
    cells: measured.map(({ cell, predicted, measured: median, samples }) => ({
      name: nameOf(cell),
      predicted,
      measured: median,
      samples,
    })),
  })),
};
writeFileSync(".bench/impact.json", `${JSON.stringify(report, undefined, 1)}\n`);
console.log(`figures are in .bench/impact.json, after ${report.minutes} minutes`);
process.exitCode = verdicts.every(({ met }) => met) ? 0 : 1;
