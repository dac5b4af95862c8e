// (3) Somebody who may not run is refused. (4) A maintainer runs it: baseline, fault, measured slowdown, breach, abort, proof.

import type { RunReport } from "../../../run/report.ts";
import { PEOPLE } from "../github-side.ts";
import { activeSilences, evaluations } from "../observers.ts";
import { type PoolWatch, watchPools } from "../pools.ts";
import { compare, expected, type Foretold, foretell } from "../scenarios.ts";
import { appComment, completedCheck, headline, RUN_CHECK, say, shownPlan } from "../seen.ts";
import { checkoutPods, measureSlowdown, residueSince } from "../victims.ts";
import { CONNECTIONS, POLL_SECONDS, PREDICTED_ADDED_MS, type Scene, TOLERANCE } from "./scene.ts";
import { startRun } from "./start-run.ts";

/** `/chaos run` by the author, who may write but not run. */
export async function refuseWithoutPermission({ world, story, pull }: Scene): Promise<void> {
  story.step("3", `/chaos run by ${PEOPLE.author}, who may not`);
  const { github } = world;
  const answer = await say(github, PEOPLE.author, pull, "/chaos run");
  for (const line of answer.split("\n").filter((text) => /^\| (Rule|Why|Next)/.test(text)))
    story.tell(`  ${line.replaceAll(/[|`]/g, " ").trim()}`);
  story.check(
    "refused with reasons",
    answer.startsWith("**Refused:**") && answer.includes("`maintain`"),
    headline(answer),
    "Refused, naming the role that is needed",
  );
  story.check(
    "nothing was queued",
    github.repository.deployments.every(({ task }) => task !== "chaosgate:run"),
    github.repository.deployments.length,
    "no run",
  );
}

/** `/chaos run --plan P` by a maintainer, up to the proof that nothing is left. */
export async function runUntilAborted(scene: Scene): Promise<RunReport> {
  const { world, story, pull, untouched, picture } = scene;
  story.step("4", `/chaos run by ${PEOPLE.maintainer}: baseline, fault, breach, abort, proof`);
  const plan = await shownPlan(world.github, pull);
  const foretold = await foretell({ github: world.github, story }, pull, "fragile shop, 500 ms");
  // Whom a run draws is known when it has drawn, and then the first pool is already filling.
  const pools = watchPools(checkoutPods(world));
  const injected = await startRun(scene, pull, plan, ({ phase }) => phase === "watching");
  story.tell(
    `fault on ${injected.victims[0]?.pod} by ${injected.victims[0]?.backEnd}: ${injected.victims[0]?.felt.how}`,
  );
  const victims = injected.victims.map(({ pod }) => pod);
  const [slowdown, during, silences] = await Promise.all([
    measureSlowdown(world, victims, CONNECTIONS),
    residueSince(world, untouched, victims),
    activeSilences(world),
  ]);
  story.tell(
    `connect from ${slowdown.victim} ${JSON.stringify(slowdown.victimMs.map(Math.round))} ms, from ${slowdown.bystander} ${JSON.stringify(slowdown.bystanderMs.map((ms) => Math.round(ms * 10) / 10))} ms`,
    slowdown,
  );
  const error = Math.abs(slowdown.addedMs / PREDICTED_ADDED_MS - 1);
  story.check(
    "added latency as predicted",
    error <= TOLERANCE,
    slowdown.addedMs,
    `${PREDICTED_ADDED_MS} ms within 10 %`,
  );
  story.check(
    "the fault is in the kernel while it lasts",
    during.length > 0,
    during.length,
    "more than 0 lines (or the proof below proves nothing)",
  );
  story.check("alerts are silenced while it lasts", silences === 1, silences, "1 silence");
  const report = await world.tap.waitFor(
    "the end of the run",
    ({ phase, runId }) => phase === "finished" && runId === injected.runId,
    120_000,
  );
  await pools.stop();
  await checkAbort(scene, report);
  checkPredictions(scene, foretold, { addedMs: slowdown.addedMs, pools, report });
  await picture("result", 'article:has-text("Rollback: verified")');
  return report;
}

type Seen = { readonly addedMs: number; readonly pools: PoolWatch; readonly report: RunReport };

/** Eight Poisson arrivals at each of three victims spread their mean by a fifth; three such errors, and errors within a factor of two. */
const SATURATION_TOLERANCE = 0.6;
const ERRORS_TOLERANCE = 0.5;

function checkPredictions({ story }: Scene, foretold: Foretold, { addedMs, pools, report }: Seen): void {
  compare(story, foretold, expected(foretold, "added-latency"), addedMs, TOLERANCE);
  const filled = beginnings(report).flatMap(({ pod, at }) => {
    const full = pools.firstFull(pod, at);
    return full === undefined ? [] : [(full - at) / 1000];
  });
  const seconds = filled.reduce((sum, each) => sum + each, 0) / filled.length;
  compare(story, foretold, expected(foretold, "time-to-saturation"), seconds, SATURATION_TOLERANCE);
  const errors = report.measured.find(({ id }) => id === "error-share")?.value ?? Number.NaN;
  compare(story, foretold, expected(foretold, "error-share"), errors, ERRORS_TOLERANCE);
}

/** When each fault began: `injectedAt` is when the daemon's own packet had come through it, which takes the delay itself. */
function beginnings({ victims }: RunReport): readonly { readonly pod: string; readonly at: number }[] {
  return victims.map(({ pod, injectedAt }) => ({ pod, at: injectedAt - PREDICTED_ADDED_MS }));
}

async function checkAbort({ world, story, pull, untouched }: Scene, report: RunReport): Promise<void> {
  for (const { at, what } of report.timeline)
    story.tell(`  +${((at - report.requestedAt) / 1000).toFixed(1)} s ${what}`);
  story.check("verdict", report.verdict === "violated", report.verdict, "violated");
  const over = await firstOverBound(world, report);
  const abortedAt = Math.min(...report.victims.map(({ revertedAt = Number.NaN }) => revertedAt));
  const reaction = (abortedAt - over) / 1000;
  story.check(
    "aborted within one poll + 1 s of the first evaluation over the bound",
    reaction <= POLL_SECONDS + 1,
    reaction,
    `${POLL_SECONDS + 1} s or less`,
  );
  story.check("rollback", report.rollback === "verified", report.rollback, "verified");
  const left = await residueSince(world, untouched);
  story.check("residue seen by an observer of its own", left.length === 0, left, "0 lines");
  const silences = await activeSilences(world);
  story.check("the silence is gone", silences === 0, silences, "0");
  const check = await completedCheck(world.github, pull, RUN_CHECK);
  const { body } = await appComment(
    world.github,
    pull,
    "the result",
    (text) => text.includes(`chaosgate:run ${report.runId}`) && text.includes("Rollback"),
  );
  story.tell(headline(body));
  story.check(
    "the pull request says so",
    check.conclusion === "failure" && body.includes("verified"),
    check.conclusion,
    "failure, with rollback verified",
  );
  story.check(
    "predicted beside measured",
    report.measured.some(({ id }) => id === "added-latency"),
    report.measured.map(({ id, value }) => ({ id, value })),
    "added-latency measured by the run",
  );
}

/** The first instant at which Prometheus itself, asked ten times a second, evaluates a breached objective over its bound. */
async function firstOverBound({ cluster, ...world }: Scene["world"], report: RunReport): Promise<number> {
  const breached = report.readings.find(({ kind, during }) => kind === "breach" && during === "watching");
  const objective = report.objectives.find(({ name }) => name === breached?.objective);
  if (breached === undefined || objective === undefined) return Number.NaN;
  const from = report.victims[0]?.injectedAt ?? report.requestedAt;
  const points = await evaluations({ ...world, cluster }, objective.query, from, breached.at + 1000);
  return points.find(({ value }) => value >= objective.bound.value)?.at ?? Number.NaN;
}
