// (7) Two more pull requests at once: one makes a checkout read a wrong clock, one makes a payment's files late. Each is measured at
// its victim and, with the same instruments at the same time, at a replica that was not selected.

import type { PullRequest } from "../../../playground/github/repository.ts";
import type { RunReport } from "../../../run/report.ts";
import { PEOPLE } from "../github-side.ts";
import { clockAhead, foreignIn, writeTime } from "../own-world.ts";
import { completedCheck, RUN_CHECK, shownPlan } from "../seen.ts";
import type { World } from "../world.ts";
import type { Scene } from "./scene.ts";
import { startRun } from "./start-run.ts";

const AHEAD_MS = 150;
/** The kernel lets one write to a file go on at a time, and payment is asked a hundred times a second: half of what there is. */
const LATE_MS = 5;
/** A clock is read through two HTTP hops of a busy machine; a late write is at most 5 % + 1 ms late. */
const CLOCK_TOLERANCE_MS = 15;
const MOST_LATE_MS = LATE_MS * 1.05 + 1;
const PROBE = "/run/ledger/observer";

type Trial = {
  readonly what: string;
  readonly path: string;
  readonly service: string;
  readonly manifest: string;
  /** What an observer measures at a pod, in milliseconds. */
  measure(pod: { readonly ip: string; readonly pid: number }): Promise<number>;
  readonly expected: string;
  isAsAsked(ms: number): boolean;
};

function manifestOf(kind: string, name: string, app: string, lines: readonly string[]): string {
  return `apiVersion: chaos-mesh.org/v1alpha1
kind: ${kind}
metadata: { name: ${name}, namespace: staging }
spec:
  mode: one
  selector: { namespaces: [staging], labelSelectors: { app: ${app} } }
${lines.map((line) => `  ${line}`).join("\n")}
  duration: 8s
`;
}

const CLOCK: Trial = {
  what: "the clock",
  path: "chaos/wrong-clock.yaml",
  service: "checkout",
  manifest: manifestOf("TimeChaos", "wrong-clock", "checkout-service", [
    `timeOffset: "${AHEAD_MS}ms"`,
    "clockIds: [CLOCK_REALTIME]",
  ]),
  measure: ({ ip }) => clockAhead(ip),
  expected: `${AHEAD_MS} ms ahead within ${CLOCK_TOLERANCE_MS} ms`,
  isAsAsked: (ms) => Math.abs(ms - AHEAD_MS) <= CLOCK_TOLERANCE_MS,
};

const FILES: Trial = {
  what: "the files",
  path: "chaos/late-ledger.yaml",
  service: "payment",
  manifest: manifestOf("IOChaos", "late-ledger", "payment-service", [
    "action: latency",
    `delay: ${LATE_MS}ms`,
    "volumePath: /run/ledger",
    "methods: [write]",
    "percent: 100",
  ]),
  measure: ({ pid }) => writeTime(pid, PROBE),
  expected: `${LATE_MS} to ${MOST_LATE_MS} ms a write`,
  isAsAsked: (ms) => ms >= LATE_MS && ms <= MOST_LATE_MS,
};

/** Both at once: they have no victim in common. */
export async function disturbClockAndFiles(scene: Scene): Promise<void> {
  scene.story.step("7", "a wrong clock and late files, a pull request each");
  await Promise.all([CLOCK, FILES].map((trial) => play(scene, trial)));
}

async function play(scene: Scene, trial: Trial): Promise<void> {
  const { world, story } = scene;
  const pull = openPull(world, trial);
  const report = await startRun(
    scene,
    pull,
    await shownPlan(world.github, pull),
    ({ phase, victims }) => phase === "watching" && victims.length > 0,
  );
  const victims = report.victims.map(({ pod }) => pod);
  const pods = world.cluster.shop.state().pods.filter(({ service }) => service === trial.service);
  const hit = pods.find(({ name }) => victims.includes(name));
  const spared = pods.find(({ name }) => !victims.includes(name));
  if (hit === undefined || spared === undefined) {
    story.check(`${trial.what}: the run has a victim`, false, report.because, "one of several replicas");
    return;
  }
  const [felt, beside] = await Promise.all([trial.measure(hit), trial.measure(spared)]);
  story.check(`${trial.what}: the victim feels what was asked for`, trial.isAsAsked(felt), felt, trial.expected);
  story.check(`${trial.what}: a replica beside it does not`, !trial.isAsAsked(beside), beside, `not ${trial.expected}`);
  const during = foreignIn(hit.pid);
  story.check(`${trial.what}: an observer sees the fault while it lasts`, during.length > 0, during, "at least one");
  const ended = await world.tap.waitFor(
    `the end of ${trial.path}`,
    ({ phase, runId }) => phase === "finished" && runId === report.runId,
    90_000,
  );
  await checkEnd(scene, trial, pull, ended, hit);
}

function openPull({ github }: World, { path, manifest, what }: Trial): PullRequest {
  const { people } = github.standIn;
  const branch = path.replaceAll(/^chaos\/|\.yaml$/g, "");
  people.push(github.repository, PEOPLE.author, { branch, files: { [path]: manifest } });
  return people.openPullRequest(github.repository, PEOPLE.author, { title: `What if ${what} went wrong?`, branch });
}

async function checkEnd(
  { world, story }: Scene,
  trial: Trial,
  pull: PullRequest,
  report: RunReport,
  hit: { readonly ip: string; readonly pid: number },
): Promise<void> {
  const says = `${report.verdict}, rollback ${report.rollback}: ${report.because}`;
  const well = report.verdict === "resilient" && report.rollback === "verified";
  story.check(`${trial.what}: verdict and rollback`, well, says, "resilient, verified");
  const left = foreignIn(hit.pid);
  const healed = await trial.measure(hit);
  story.check(
    `${trial.what}: healed, and residue seen by an observer of its own`,
    left.length === 0 && !trial.isAsAsked(healed),
    { left, healed },
    `0 left, not ${trial.expected}`,
  );
  const check = await completedCheck(world.github, pull, RUN_CHECK);
  story.check(`${trial.what}: the pull request says so`, check.conclusion === "success", check.title, "success");
}
