import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PEOPLE } from "../../src/entrypoints/playground/github-side.ts";
import { waitUntilSteady } from "../../src/entrypoints/playground/observers.ts";
import { say, shownPlan } from "../../src/entrypoints/playground/seen.ts";
import { FAILING_ORDERS } from "../../src/entrypoints/playground/steps/scene.ts";
import { startWorld, type World } from "../../src/entrypoints/playground/world.ts";
import { ALERTMANAGER, DAEMON, missingParts, PROMETHEUS } from "./support/sandbox.ts";

// A Schedule from its merge to its removal, over real parts and a real clock. Longer than a quick suite may be, so only in
// `make test-full`; what is decided is held by test/run/schedules.test.ts and test/github/schedules.test.ts in every one.

const missing = missingParts(PROMETHEUS, ALERTMANAGER, DAEMON);
const why = missing ?? (process.env.CHAOSGATE_FULL === "1" ? undefined : "only in make test-full");
if (why !== undefined) console.log(`schedule: skipped, ${why}`);

const PATH = "chaos/often.yaml";
const EVERY_SECONDS = 5;
const SCHEDULE = `apiVersion: chaos-mesh.org/v1alpha1
kind: Schedule
metadata: { name: kill-often, namespace: staging }
spec:
  schedule: "@every ${EVERY_SECONDS}s"
  type: PodChaos
  historyLimit: 1
  concurrencyPolicy: Forbid
  podChaos:
    action: pod-kill
    mode: one
    selector: { namespaces: [staging], labelSelectors: { app: checkout-service } }
`;

describe.skipIf(why !== undefined)("a Schedule over real parts", () => {
  const folder = mkdtempSync(join(tmpdir(), "schedule-"));
  let world: World;

  const runs = () => [...new Set(world.tap.reports.map(({ runId }) => runId))];
  const dueAt = (runId: string) => Number(runId.split("-")[1]) * 1000;
  const finished = () => world.tap.reports.filter(({ phase }) => phase === "finished");
  const spans = () =>
    finished().map(({ runId, requestedAt, updatedAt }) => ({ runId, from: requestedAt, to: updatedAt }));

  async function ended(most: number, withinMs: number): Promise<void> {
    const end = Date.now() + withinMs;
    while (new Set(finished().map(({ runId }) => runId)).size < most && Date.now() < end) await delay(200);
  }

  beforeAll(async () => {
    // The guard has nothing to hold: what is watched here is when runs begin.
    world = await startWorld({ folder, settings: { errorsBelow: 1 } });
  }, 120_000);

  afterAll(async () => {
    await world?.stop();
    await rm(folder, { recursive: true });
  });

  it("runs when its cron says so, never twice, never over itself, also after its runner was killed, until it is removed", async () => {
    const { github } = world;
    const { standIn, repository } = github;
    await waitUntilSteady(world, FAILING_ORDERS);
    standIn.people.push(repository, PEOPLE.author, { branch: "often", files: { [PATH]: SCHEDULE } });
    const pull = standIn.people.openPullRequest(repository, PEOPLE.author, { title: "Often", branch: "often" });
    await say(github, PEOPLE.maintainer, pull, `/chaos approve --plan ${await shownPlan(github, pull)}`);
    expect(world.tap.reports).toEqual([]);
    standIn.people.merge(repository, PEOPLE.admin, pull.number);

    await ended(2, 90_000);
    await world.runner.stop("SIGKILL");
    await world.startRunner();
    await ended(4, 90_000);

    expect(runs().length).toBeGreaterThanOrEqual(4);
    const [first = 0, ...rest] = runs().map(dueAt);
    expect(rest.map((at) => ((at - first) / 1000) % EVERY_SECONDS)).toEqual(rest.map(() => 0));
    const inOrder = spans().toSorted((one, other) => one.from - other.from);
    expect(new Set(inOrder.map(({ runId }) => runId)).size).toBe(inOrder.length);
    for (const [index, { from }] of inOrder.slice(1).entries())
      expect(from).toBeGreaterThanOrEqual(inOrder[index]?.to ?? 0);
    expect(finished().flatMap(({ victims }) => victims.map(({ effect }) => effect))).toContain("process-kill");

    standIn.people.push(repository, PEOPLE.admin, { branch: "main", files: { [PATH]: null } });
    await standIn.settled();
    const before = runs().length;
    await delay(4 * EVERY_SECONDS * 1000);
    expect(runs()).toHaveLength(before);
    const checks = repository.checkRuns.filter(({ name }) => name.startsWith("chaos / schedule (staging)"));
    expect(checks.map(({ externalId }) => externalId).toSorted()).toEqual(runs().toSorted());
    expect(checks.every(({ status }) => status === "completed")).toBe(true);
  }, 300_000);
});
