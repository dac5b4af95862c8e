// impact.ts: holds the impact model to a real wire. Predicts every cell of the grid, then measures it under the daemon's own faults
// and writes .bench/impact.json; exit code 1 when a target is missed. Run by `make bench-impact`, in a sandbox.

import { mkdirSync, writeFileSync } from "node:fs";
import { gridOf, nameOf } from "./impact/grid.ts";
import { judge, lineOf } from "./impact/judge.ts";
import { measure, type WireRun } from "./impact/measure.ts";
import { buildWire, missing } from "./impact/wire.ts";

const startedAt = performance.now();
const cells = gridOf("full");
const binary = buildWire();

const runs: WireRun[] = [];
for (const backEnd of ["packet-queue", "netem"] as const) {
  const why = missing(backEnd);
  if (why !== undefined) throw new Error(`bench-impact: ${backEnd} cannot be measured here: ${why}`);
  console.log(`${backEnd}: ${cells.length} cells`);
  const run = await measure(backEnd, binary, cells, 1);
  for (const row of run.rows) console.log(lineOf(row));
  runs.push(run);
}

const verdicts = judge(runs.flatMap(({ rows }) => rows));
for (const { backEnd, group, says, found, target, met } of verdicts)
  console.log(`${met ? "met   " : "MISSED"} ${backEnd} ${group}: ${says} ${found.toFixed(3)} (target ${target})`);

const minutes = Number(((performance.now() - startedAt) / 60_000).toFixed(1));
const wires = Object.fromEntries(runs.map((run) => [run.backEnd, wireOf(run)]));
const date = new Date().toISOString().slice(0, 10);
mkdirSync(".bench", { recursive: true });
writeFileSync(".bench/impact.json", `${JSON.stringify({ date, minutes, verdicts, wires }, undefined, 1)}\n`);
console.log(`figures are in .bench/impact.json, after ${minutes} minutes`);
process.exitCode = verdicts.every(({ met }) => met) ? 0 : 1;

function wireOf({ kernel, baseline, rows }: WireRun) {
  return {
    kernel,
    baseline,
    cells: rows.map(({ cell, predicted, measured, samples }) => ({ name: nameOf(cell), predicted, measured, samples })),
  };
}
