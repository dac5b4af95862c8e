// (6) The runner is killed in the middle of a run: the node restores the network by itself, and the silence ends by itself.

import { setTimeout as delay } from "node:timers/promises";
import { estimateTransfer } from "../../../impact/estimate-stream.ts";
import type { RunReport } from "../../../run/report.ts";
import { demoSettings } from "../demo-settings.ts";
import { PEOPLE } from "../github-side.ts";
import { type LeaseRead, readLease } from "../lease.ts";
import { connectTimes } from "../observe.ts";
import { activeSilences, silencesOf } from "../observers.ts";
import { compare, type Expectation, expected, foretell } from "../scenarios.ts";
import { say, shownPlan } from "../seen.ts";
import { measureTransfer } from "../streams.ts";
import { checkoutPods, endsOf, kernelStateOf, measureSlowdown, residueSince } from "../victims.ts";
import { CONNECTIONS, PREDICTED_ADDED_MS, type Scene, TOLERANCE } from "./scene.ts";
import { startRun } from "./start-run.ts";

const HEALED_WITHIN_SECONDS = 46;

/** A new connection that asks for 40 kB over a round trip of about a millisecond, as `chaosgate predict transfer` answers it. */
const TRANSFER_BYTES = 40_000;
const NEW_CONNECTION = {
  bytes: TRANSFER_BYTES,
  mssBytes: 1448,
  factor: 2,
  rttSeconds: 0.001,
  handshake: "tcp",
  serverSeconds: 0,
} as const;
const TRANSFER: Expectation = {
  figure: "Transfer of 40 kB over a new connection",
  unit: "s",
  predicted: secondsOf(PREDICTED_ADDED_MS / 1000),
  unfaulted: secondsOf(0),
};

function secondsOf(delaySeconds: number): number {
  const estimate = estimateTransfer(NEW_CONNECTION, delaySeconds);
  return estimate.kind === "estimate" ? (estimate.value ?? Number.NaN) : Number.NaN;
}
/** A connection on one bridge takes a few milliseconds at most; the fault adds 450 or more. */
const HEALTHY_MS = 100;

/** kill -9 of the runner under a fault, with nobody to clean up. */
export async function healWithoutRunner(scene: Scene): Promise<void> {
  const { world, story, pull } = scene;
  story.step("6", "the runner is killed with -9 in the middle of a run");
  allowLongerThanTheLease(world);
  await say(world.github, PEOPLE.maintainer, pull, "/chaos plan");
  const plan = await shownPlan(world.github, pull);
  const foretold = await foretell({ github: world.github, story }, pull, "orphaned run, 500 ms");
  const before = await kernelStateOf(world);
  const watching = await startRun(scene, pull, plan, ({ phase }) => phase === "watching");
  const victims = watching.victims.map(({ pod }) => pod);
  const slowdown = await measureSlowdown(world, victims, CONNECTIONS);
  story.check("the fault is felt", slowdown.addedMs > 400, slowdown.addedMs, "over 400 ms");
  compare(story, foretold, expected(foretold, "connect-time"), slowdown.addedMs, TOLERANCE);
  const transfer = await measureTransfer(endsOf(world, watching), TRANSFER_BYTES);
  compare(story, foretold, TRANSFER, transfer, TOLERANCE);
  await world.runner.stop("SIGKILL");
  const killedAt = Date.now();
  const lease = await readLease(world, watching.runId);
  story.tell(
    `runner killed; the daemon's lease: renew every ${lease?.renewEverySeconds} s, expires after ${lease?.expiresAfterSeconds} s`,
    lease,
  );
  story.check(
    "lease values read back from the daemon",
    lease?.renewEverySeconds === 15 && lease.expiresAfterSeconds === 45,
    lease,
    "15 / 45",
  );
  story.check("the silence still holds", (await activeSilences(world)) === 1, await silencesOf(world), "1 active");
  await waitUntilHealed(scene, victims, lease, killedAt);
  await checkAfterwards(scene, watching.runId, before);
}

/** With the cap of 30 s the fault's own deadline would end it, and the lease would prove nothing. */
function allowLongerThanTheLease({ github, cluster, keys }: Scene["world"]): void {
  const settings = demoSettings({
    clusterId: cluster.shop.clusterId,
    runnerPublicKey: keys.runnerPublicKey,
    duration: "2m",
  });
  const message = "experiments may last two minutes";
  github.standIn.people.push(github.repository, PEOPLE.admin, {
    branch: "main",
    files: { ".github/chaosgate.yml": settings },
    message,
  });
}

async function waitUntilHealed(
  { world, story }: Scene,
  victims: readonly string[],
  lease: LeaseRead | undefined,
  killedAt: number,
): Promise<void> {
  const healedAt = await healedSince(world, victims[0] ?? "", killedAt + 50_000, story.tell);
  const seconds = (healedAt - (lease?.lastRenewalAt ?? Number.NaN)) / 1000;
  story.check(
    "healed after the last renewal",
    seconds <= HEALED_WITHIN_SECONDS,
    seconds,
    `${HEALED_WITHIN_SECONDS} s or less`,
  );
  // Much sooner would mean that something else ended the fault, and the lease was not proven.
  story.check("healed by the lease and nothing else", seconds > 40, seconds, "more than 40 s");
  const silenceGone = await silenceEnd(world, killedAt + 50_000);
  const silentSeconds = ((silenceGone ?? Number.NaN) - killedAt) / 1000;
  story.check(
    "the silence is gone",
    silentSeconds <= HEALED_WITHIN_SECONDS,
    silenceGone === undefined ? "still active" : silentSeconds,
    `by itself, ${HEALED_WITHIN_SECONDS} s or less after the kill`,
  );
}

/** The instant at which connections from the victim are fast again. */
async function healedSince(
  world: Scene["world"],
  pod: string,
  until: number,
  tell: (what: string) => void,
): Promise<number> {
  const victim = checkoutPods(world).find(({ name }) => name === pod);
  const peer = world.cluster.shop.state().pods.find(({ service }) => service === "payment");
  let toldAt = Date.now();
  while (Date.now() < until) {
    const startedAt = Date.now();
    const [ms = Number.POSITIVE_INFINITY] = await connectTimes(
      victim?.pid ?? 0,
      peer?.ip ?? "",
      peer?.ports.http ?? 0,
      1,
    );
    if (ms < HEALTHY_MS) return startedAt;
    if (Date.now() - toldAt > 10_000) {
      tell(`  still slow: ${Math.round(ms)} ms`);
      toldAt = Date.now();
    }
    await delay(200);
  }
  return Number.POSITIVE_INFINITY;
}

async function silenceEnd(world: Scene["world"], until: number): Promise<number | undefined> {
  while (Date.now() < until) {
    if ((await activeSilences(world)) === 0) return Date.now();
    await delay(250);
  }
  return undefined;
}

async function checkAfterwards(
  { world, story }: Scene,
  runId: string,
  before: Awaited<ReturnType<typeof kernelStateOf>>,
): Promise<void> {
  const left = await residueSince(world, before);
  story.check("residue seen by an observer of its own", left.length === 0, left, "0 lines");
  await world.startRunner();
  story.tell("a new runner starts, and finds the run in its journal");
  const ended: RunReport = await world.tap.waitFor(
    "the end of the orphaned run",
    (report) => report.runId === runId && report.phase === "finished",
    60_000,
  );
  story.check(
    "the run ends without a claim",
    ended.verdict === "inconclusive",
    `${ended.verdict}, rollback ${ended.rollback}: ${ended.because}`,
    "inconclusive",
  );
}
