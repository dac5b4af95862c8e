// Selection at size: 500 experiments over 50,000 pods, timed and weighed, into .bench/selection.json. The first pass makes the index.

import { mkdirSync, writeFileSync } from "node:fs";
import type { Experiment } from "../../src/manifest/experiment.ts";
import { blastRadius } from "../../src/selector/blast-radius.ts";
import { select } from "../../src/selector/select.ts";
import { experimentsOf, snapshotOf } from "./large-cluster.ts";

const SEED = "000102030405060708090a0b0c0d0e0f";
const ROUNDS = 7;

const experiments = experimentsOf(500);
select(experimentsOf(1)[0] as Experiment, snapshotOf(1000), SEED);

const before = memory();
const passes = Array.from({ length: ROUNDS }, () => pass());
const selectMs = passes.map((one) => one.selectMs).sort((one, other) => one - other);
const result = {
  pods: 50_000,
  experiments: experiments.length,
  limitMs: 200,
  medianMs: selectMs[Math.floor(ROUNDS / 2)],
  fastestMs: selectMs[0],
  slowestMs: selectMs.at(-1),
  medianCpuMs: passes.map(({ cpuMs }) => cpuMs).sort((one, other) => one - other)[Math.floor(ROUNDS / 2)],
  withBlastRadiusMs: passes.at(-1)?.radiusMs,
  selectedPods: passes.at(-1)?.selected,
  snapshotMiB: passes.at(-1)?.snapshotMiB,
  indexMiB: passes.at(-1)?.indexMiB,
  heapBeforeMiB: before,
  node: process.version,
};
mkdirSync(".bench", { recursive: true });
writeFileSync(".bench/selection.json", `${JSON.stringify(result, undefined, 2)}\n`);
console.log(JSON.stringify(result, undefined, 2));
process.exitCode = (result.medianMs ?? Number.POSITIVE_INFINITY) <= result.limitMs ? 0 : 1;

/** Everything from a snapshot that nobody has looked at yet: the index is made within the time. */
function pass() {
  const empty = memory();
  const snapshot = snapshotOf(50_000);
  const held = memory();
  const cpuAt = process.cpuUsage().user;
  const startedAt = performance.now();
  const selections = experiments.map((experiment) => select(experiment, snapshot, SEED));
  const selectMs = performance.now() - startedAt;
  const cpuMs = (process.cpuUsage().user - cpuAt) / 1000;
  const indexed = memory();
  const radiusAt = performance.now();
  for (const [at, { matched }] of selections.entries()) blastRadius(experiments[at] as Experiment, matched, snapshot);
  return {
    selectMs,
    cpuMs,
    radiusMs: selectMs + performance.now() - radiusAt,
    selected: selections.reduce((sum, { selected }) => sum + selected.length, 0),
    snapshotMiB: held - empty,
    indexMiB: indexed - held,
  };
}

/** Live heap in MiB; exact only under --expose-gc, which `make bench-selection` gives. */
function memory(): number {
  globalThis.gc?.();
  return Math.round(process.memoryUsage().heapUsed / (1 << 20));
}
