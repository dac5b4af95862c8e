import { setTimeout as delay } from "node:timers/promises";
import { PEOPLE } from "../../../src/entrypoints/playground/github-side.ts";
import { say, shownPlan } from "../../../src/entrypoints/playground/seen.ts";
import { userErrorRatio } from "../../../src/playground/shop/queries.ts";
import type { RunReport } from "../../../src/run/report.ts";
import type { Stage } from "./stage.ts";

export type Told = { readonly watching: RunReport | undefined; readonly finished: RunReport; readonly answer: string };

let branches = 0;

/**
 * A pull request with a manifest, looked at, and run by a maintainer; `during` happens while the fault stands. A shop that a busy
 * machine made late is refused by its baseline, rightly, and asked for again.
 */
export async function runByPullRequest(
  stage: Stage,
  manifest: string,
  during: (watching: RunReport) => Promise<void> = async () => {},
): Promise<Told> {
  const { begun, answer } = await beginByPullRequest(stage, manifest);
  const watching = begun.phase === "watching" ? begun : undefined;
  if (watching !== undefined) await during(watching);
  const finished = await stage.tap.waitFor(
    `the end of run ${begun.runId}`,
    ({ runId, phase }) => runId === begun.runId && phase === "finished",
    180_000,
  );
  return { watching, finished, answer };
}

/** The same up to the moment at which the fault stands, or at which it is clear that it never will. */
export async function beginByPullRequest<S extends Stage>(
  stage: S,
  manifest: string,
  calm: (stage: S) => Promise<void> = steady,
): Promise<{ readonly begun: RunReport; readonly answer: string }> {
  const { github, tap } = stage;
  const branch = `experiment-${++branches}`;
  const { people } = github.standIn;
  people.push(github.repository, PEOPLE.author, { branch, files: { [`chaos/${branch}.yaml`]: manifest } });
  const pull = people.openPullRequest(github.repository, PEOPLE.author, { title: branch, branch });
  for (let tries = 1; ; tries += 1) {
    await calm(stage);
    const plan = await shownPlan(github, pull);
    const known = new Set(tap.reports.map(({ runId }) => runId));
    const answer = await say(github, PEOPLE.maintainer, pull, `/chaos run --plan ${plan}`);
    const isNew = ({ runId }: RunReport) => !known.has(runId);
    const begun = await tap.waitFor(
      `the run of ${branch} (${answer})`,
      (report) => isNew(report) && (report.phase === "watching" || report.phase === "finished"),
      90_000,
    );
    if (begun.because?.startsWith("no steady state") === true && tries < 3) continue;
    return { begun, answer };
  }
}

/** Waits until no order has failed for as long as the objectives look back. */
async function steady({ prometheusUrl, observers }: Stage): Promise<void> {
  const query = new URLSearchParams({ query: userErrorRatio("staging/checkout", "15s") });
  for (let quiet = 0, tries = 0; quiet < 3 && tries < 60; tries += 1) {
    const answer = await observers.anywhere().fetched(`${prometheusUrl}/api/v1/query?${query}`);
    const { data } = JSON.parse(answer) as { data: { result: readonly { value: readonly [number, string] }[] } };
    quiet = Number(data.result[0]?.value[1] ?? Number.NaN) === 0 ? quiet + 1 : 0;
    await delay(1_000);
  }
}
