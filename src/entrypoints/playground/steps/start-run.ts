import type { PullRequest } from "../../../playground/github/repository.ts";
import type { RunReport } from "../../../run/report.ts";
import { PEOPLE } from "../github-side.ts";
import { waitUntilSteady } from "../observers.ts";
import { headline, say } from "../seen.ts";
import { FAILING_ORDERS, type Scene } from "./scene.ts";

const TRIES = 3;

/**
 * The maintainer asks for a run and waits until it has got as far as `far` says. A shop that this machine made late is refused by
 * the baseline, as it should be; then the maintainer asks again.
 */
export async function startRun(
  { world, story }: Scene,
  pull: PullRequest,
  plan: string,
  far: (report: RunReport) => boolean,
): Promise<RunReport> {
  for (let tries = 1; ; tries += 1) {
    await waitUntilSteady(world, FAILING_ORDERS);
    const known = new Set(world.tap.reports.map(({ runId }) => runId));
    story.tell(`says /chaos run --plan ${plan}`);
    story.tell(headline(await say(world.github, PEOPLE.maintainer, pull, `/chaos run --plan ${plan}`)));
    const isNew = (report: RunReport): boolean =>
      report.pullRequest === pull.number && !known.has(report.runId) && (far(report) || report.phase === "finished");
    const report = await world.tap.waitFor("the run", isNew, 90_000);
    if (report.verdict !== "refused" || tries === TRIES) return report;
    story.tell(`refused: ${report.because}; once more`);
  }
}
