// (5) The shop learns to live without payment: approve, merge, run, verdict resilient.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CHECKOUT_MODES } from "../../../playground/shop/modes.ts";
import type { RunReport } from "../../../run/report.ts";
import { demoSettings } from "../demo-settings.ts";
import { PEOPLE } from "../github-side.ts";
import { waitUntilSteady } from "../observers.ts";
import { completedCheck, GATE_CHECK, headline, say, shownPlan } from "../seen.ts";
import { kernelStateOf, residueSince } from "../victims.ts";
import { FAILING_ORDERS, type Scene } from "./scene.ts";

const BRANCH = "resilient-checkout";
const PATH = "chaos/after-the-fix.yaml";

/** The same fault on the resilient shop, started by a merge. */
export async function mergeResilient({ world, story }: Scene): Promise<RunReport> {
  story.step("5", "the resilient shop: approve, merge, run");
  const { github, cluster, keys } = world;
  const { people } = github.standIn;
  await cluster.shop.rollOut("staging/checkout", CHECKOUT_MODES.resilient);
  story.tell("checkout now gives up after 150 ms, takes the order and charges later");
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
    files: { [PATH]: readFileSync(join(world.folder, "network-delay.yaml"), "utf8") },
  });
  const pull = people.openPullRequest(github.repository, PEOPLE.author, {
    title: "Payment may be slow now",
    branch: BRANCH,
  });
  const plan = await shownPlan(github, pull);
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
  people.merge(github.repository, PEOPLE.maintainer, pull.number);
  story.tell("merged");
  const report = await world.tap.waitFor(
    "the end of the merged run",
    ({ phase, pullRequest }) => phase === "finished" && pullRequest === pull.number,
    150_000,
  );
  for (const { at, what } of report.timeline)
    story.tell(`  +${((at - report.requestedAt) / 1000).toFixed(1)} s ${what}`);
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
  const check = await completedCheck(github, pull, "chaos / run (staging)");
  story.check("the pull request says so", check.conclusion === "success", check.title, "success");
  return report;
}
