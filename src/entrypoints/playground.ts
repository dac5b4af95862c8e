// Plays the whole story on this machine: playground.ts --folder DIR [--keep SOCKET]. Run it through `make demo`, which puts it into
// a sandbox. Ends with exit code 0 only if everything that must hold did hold.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { messageOf } from "../errors.ts";
import type { RunReport } from "../run/report.ts";
import { openDoor } from "./playground/door.ts";
import { play } from "./playground/play.ts";
import { newStory } from "./playground/story.ts";
import { startWorld } from "./playground/world.ts";

const { values } = parseArgs({
  options: {
    folder: { type: "string", default: ".demo" },
    keep: { type: "string" },
    port: { type: "string", default: "8417" },
  },
});
const { folder, keep, port } = values;
mkdirSync(folder, { recursive: true });
const story = newStory((line) => console.log(line), Date.now);

story.step(
  "0",
  "starting the shop, Prometheus, Alertmanager, the node daemon, GitHub's stand-in, the bot and the runner",
);
const world = await startWorld({ folder: join(folder, "world"), pagePort: Number(port) });
try {
  await play(world, story, folder);
} catch (error) {
  story.check("the story went on", false, messageOf(error), "no error");
} finally {
  story.save(join(folder, "report.json"), { runs: lastReports(world.tap.reports) });
}
if (keep !== undefined) await openDoor(keep, Number(port));
await world.stop();

const failed = story.checks.filter(({ ok }) => !ok);
console.log(
  `\n${story.checks.length - failed.length} of ${story.checks.length} checks hold; every figure is in ${join(folder, "report.json")}`,
);
process.exit(failed.length === 0 ? 0 : 1);

/** One a run: a last report is sent again until the bot has taken it, which GitHub's limits may delay. */
function lastReports(reports: readonly RunReport[]): readonly RunReport[] {
  const finished = reports.filter(({ phase }) => phase === "finished");
  return [...new Map(finished.map((report) => [report.runId, report])).values()];
}
