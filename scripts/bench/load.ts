// 200 pull requests of 20 manifests each arrive at once at the bot, a process, on a GitHub that counts and enforces its limits. Says
// how soon each delivery was acknowledged, how long GitHub's limits made it take, and the memory at its highest; beside it the same
// with a twentieth of the load, so that what grows with it shows. Run by `make bench-load`, which writes .bench/load.json.

import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { resolve } from "node:path";
import { type Load, playLoad } from "../../test/github/support/load/load.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const LOAD: Load = { pulls: 200, manifests: 20, times: 20, withinMs: 300_000, says: "/chaos abort" };
/** The acceptance's bound on the 99th percentile. */
const MOST_MS = 200;

const large = await playLoad(LOAD);
const small = await playLoad({ ...LOAD, pulls: 10 });
const machine = { cores: availableParallelism(), cpu: cpus()[0]?.model, node: process.version };
mkdirSync(resolve(ROOT, ".bench"), { recursive: true });
writeFileSync(
  resolve(ROOT, ".bench/load.json"),
  `${JSON.stringify({ load: LOAD, large, small, machine }, undefined, 2)}\n`,
);
console.log(JSON.stringify(large), "(.bench/load.json)");

const { refused, reviewed, unacknowledged, acknowledgedMs } = large;
const isGood = reviewed === LOAD.pulls && unacknowledged === 0 && refused.primary + refused.secondary === 0;
if (!isGood || !(acknowledgedMs.p99 < MOST_MS)) {
  console.error(`not all were acknowledged within ${MOST_MS} ms, reviewed, and within GitHub's limits`);
  process.exitCode = 1;
}
