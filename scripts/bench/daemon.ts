// Measures the daemon's footprint several times over and writes the medians to .bench/daemon.json; with --record also to the record and
// the page. The measuring itself is daemon/tests/footprint.rs. As the daemon lives on a node: outside of the sandbox, because the
// kernel tells of new programs only there. Namespaces, cgroups and processes are made for the time of a run.

import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { loadavg, release } from "node:os";
import { type Figures, type FootprintRecord, figuresIn, medians, TARGETS, verdictOf } from "./footprint/figures.ts";
import { costSection, PAGE, RECORD, withCost } from "./footprint/section.ts";

const RUNS = Number(process.env.RUNS ?? 3);
const CARGO = [
  "test",
  "--release",
  "--locked",
  "--test",
  "footprint",
  "--",
  "--ignored",
  "--nocapture",
  "--test-threads=1",
];
const RUN_TAKES_AT_MOST_MS = 400_000;

const before = loadavg()[0] ?? 0;
const runs = Array.from({ length: RUNS }, (_, index) => measure(index + 1));
const record: FootprintRecord = {
  date: new Date().toISOString().slice(0, 10),
  kernel: release().split("-")[0] ?? "",
  runs: RUNS,
  load: { before, after: loadavg()[0] ?? 0 },
  figures: medians(runs),
};
mkdirSync(".bench", { recursive: true });
writeFileSync(".bench/daemon.json", `${JSON.stringify(record.figures, undefined, 2)}\n`);
for (const target of TARGETS)
  console.log(
    `${target.says}: ${record.figures[target.key]} ${target.unit}, below ${target.below}: ${verdictOf(target, record.figures)}`,
  );
if (process.argv.includes("--record")) {
  writeFileSync(RECORD, `${JSON.stringify(record, undefined, 2)}\n`);
  writeFileSync(PAGE, withCost(readFileSync(PAGE, "utf8"), costSection(record)));
}
console.log("figures are in .bench/daemon.json");

function measure(run: number): Figures {
  const { status, stdout } = spawnSync("cargo", CARGO, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
    timeout: RUN_TAKES_AT_MOST_MS,
  });
  if (status !== 0) throw new Error(`run ${run} did not end well:\n${stdout}`);
  const figures = figuresIn(stdout);
  console.log(`run ${run} of ${RUNS}: ${JSON.stringify(figures)}`);
  return figures;
}
