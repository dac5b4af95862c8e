// (5) The shop learns to live without payment: approve, merge, run, verdict resilient.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { estimateWindow } from "../../../impact/estimate-stream.ts";
import type { PullRequest } from "../../../playground/github/repository.ts";
import { CHECKOUT_MODES } from "../../../playground/shop/modes.ts";
import type { RunReport } from "../../../run/report.ts";
import { demoSettings } from "../demo-settings.ts";
import { PEOPLE } from "../github-side.ts";
import { waitUntilSteady } from "../observers.ts";
import { compare, type Expectation, expected, foretell } from "../scenarios.ts";
import { completedCheck, GATE_CHECK, headline, say, shownPlan } from "../seen.ts";
import { measureWindowed, WINDOW_BYTES } from "../streams.ts";
import { endsOf, type KernelState, kernelStateOf, residueSince } from "../victims.ts";
import { FAILING_ORDERS, PREDICTED_ADDED_MS, type Scene, SLOWEST_ORDERS, STEADY_SECONDS, TOLERANCE } from "./scene.ts";

const BRANCH = "resilient-checkout";
/** About thirty rounds of half a second, well within the run's 30 s. */
const STREAM_SECONDS = 16;
const STREAM: Expectation = {
  figure: "Throughput of a stream with a window of ten segments",
  unit: "B/s",
  predicted: streamUnder(PREDICTED_ADDED_MS / 1000),
  unfaulted: streamUnder(0),
};

/** As `chaosgate predict window` answers it, for a round trip of about a millisecond. */
function streamUnder(delaySeconds: number): number {
  const question = { windowBytes: WINDOW_BYTES, rttSeconds: 0.001, delaySeconds, linkBytesPerSecond: undefined };
  const estimate = estimateWindow(question);
  return estimate.kind === "estimate" ? (estimate.value ?? Number.NaN) : Number.NaN;
}

const PATH = "chaos/after-the-fix.yaml";

/** The same fault on the resilient shop, started by a merge. */
export async function mergeResilient({ world, story }: Scene): Promise<RunReport> {
  story.step("5", "the resilient shop: approve, merge, run");
  const { github, cluster } = world;
  const { people } = github.standIn;
  await cluster.shop.rollOut("staging/checkout", CHECKOUT_MODES.resilient);
  story.tell("checkout now gives up after 150 ms, takes the order and charges later");
  const pull = openPull(world);
  const plan = await shownPlan(github, pull);
  const foretold = await foretell({ github, story }, pull, "resilient shop, 500 ms");
  const before = await kernelStateOf(world);
  story.tell(headline(await say(github, PEOPLE.maintainer, pull, `/chaos approve --plan ${plan}`)));
  const gate = await github.standIn.waitFor(
    "an open gate",
    () =>
      github.repository.checkRuns.find(
        ({ name, headSha, conclusion }) => name === GATE_CHECK && headSha === pull.headSha && conclusion === "success",
      ),
    30_000,
  );
  story.check("the gate is open", gate.conclusion === "success", gate.title, "success once approved");
  await waitUntilSteady(world, FAILING_ORDERS);
  await waitUntilSteady(world, SLOWEST_ORDERS, STEADY_SECONDS);
  people.merge(github.repository, PEOPLE.maintainer, pull.number);
  story.tell("merged");
  const under = await world.tap.waitFor(
    "the merged run's fault",
    ({ phase, pullRequest }) => phase === "watching" && pullRequest === pull.number,
    90_000,
  );
  const stream = await measureWindowed(endsOf(world, under), STREAM_SECONDS);
  compare(story, foretold, STREAM, stream, TOLERANCE);
  const report = await world.tap.waitFor(
    "the end of the merged run",
    ({ phase, pullRequest }) => phase === "finished" && pullRequest === pull.number,
    150_000,
  );
  for (const { at, what } of report.timeline)
    story.tell(`  +${((at - report.requestedAt) / 1000).toFixed(1)} s ${what}`);
  const added = report.measured.find(({ id }) => id === "added-latency")?.value ?? Number.NaN;
  compare(story, foretold, expected(foretold, "added-latency"), added, TOLERANCE);
  await checkRun({ world, story }, pull, report, before);
  return report;
}

/** The shop's owners say in the settings what checkout does now, and its author asks for the same fault again. */
function openPull({ github, cluster, keys, folder }: Scene["world"]): PullRequest {
  const { people } = github.standIn;
  const settings = demoSettings({
    clusterId: cluster.shop.clusterId,
    runnerPublicKey: keys.runnerPublicKey,
    timeout: `${CHECKOUT_MODES.resilient.TIMEOUT_MS}ms`,
  });
  people.push(github.repository, PEOPLE.admin, {
    branch: "main",
    files: { ".github/chaosgate.yml": settings },
    message: "checkout waits 150 ms",
  });
  people.push(github.repository, PEOPLE.author, {
    branch: BRANCH,
    files: { [PATH]: withoutSchedule(readFileSync(join(folder, "network-delay.yaml"), "utf8")) },
  });
  return people.openPullRequest(github.repository, PEOPLE.author, {
    title: "Payment may be slow now",
    branch: BRANCH,
  });
}

/** The experiment that the seed's Schedule makes: merging a Schedule starts only its cron, and merging this runs it. */
function withoutSchedule(text: string): string {
  const { apiVersion, metadata, spec } = load(text) as {
    readonly apiVersion: string;
    readonly metadata: object;
    readonly spec: { readonly type: string; readonly networkChaos: object };
  };
  return dump({ apiVersion, kind: spec.type, metadata, spec: spec.networkChaos });
}

async function checkRun(
  { world, story }: Pick<Scene, "world" | "story">,
  pull: PullRequest,
  report: RunReport,
  before: KernelState,
): Promise<void> {
  story.check("verdict", report.verdict === "resilient", `${report.verdict}: ${report.because}`, "resilient");
  story.check(
    "the fault was felt",
    report.victims.some(({ felt }) => felt.felt),
    report.victims.map(({ felt }) => felt.how),
    "felt by a victim",
  );
  story.check(
    "the cap of 30 s was applied",
    report.durationMs === 30_000 && report.cappedFromMs === 300_000,
    report.durationMs,
    "30 s, capped from 300 s",
  );
  story.check("rollback", report.rollback === "verified", report.rollback, "verified");
  const left = await residueSince(world, before);
  story.check("residue seen by an observer of its own", left.length === 0, left, "0 lines");
  const check = await completedCheck(world.github, pull, "chaos / run (staging)");
  story.check("the pull request says so", check.conclusion === "success", check.title, "success");
}
