import { cpSync, mkdirSync, rmSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { leftBehind } from "../../src/entrypoints/playground/observe.ts";
import type { RunReport } from "../../src/run/report.ts";
import { clockOf, connectMs, EFFECTS, MANIFESTS, restartsOf, writeMs } from "./support/effects.ts";
import { eventually } from "./support/eventually.ts";
import { givenCluster, givenWorld } from "./support/given.ts";
import { whyNoNode } from "./support/node.ts";
import type { SeenPod } from "./support/pods.ts";
import { type Stage, startOwnStage, startStage } from "./support/stage.ts";
import { runByPullRequest } from "./support/tell.ts";

// The pull request's story on a real kubelet and container runtime: on a node made here, or in a cluster that is given. Observers are
// nsenter, /proc, the kernel's lists and kubectl: none shares code with the daemon. Each measures a replica that was not chosen as
// well, and everybody before and after.

const given = givenCluster(process.env);
const why = given === undefined ? whyNoNode() : undefined;
if (why !== undefined) console.log(`node-e2e: skipped, ${why}`);
const FOLDER = given === undefined ? ".test/node" : ".test/given";

describe.skipIf(why !== undefined)(`the story on a ${given === undefined ? "real node" : "given cluster"}`, () => {
  let stage: Stage;

  beforeAll(async () => {
    rmSync(FOLDER, { recursive: true, force: true, maxRetries: 3 });
    mkdirSync(FOLDER, { recursive: true });
    if (given === undefined) {
      cpSync(".cache/node-images", `${FOLDER}/images`, { recursive: true });
      stage = await startOwnStage(FOLDER);
    } else stage = await startStage(await givenWorld(given), FOLDER);
    console.log(`node-e2e: seconds to start ${JSON.stringify(stage.took)}`);
  });
  afterAll(() => stage?.stop());

  const checkouts = () => stage.pods("staging", "checkout");
  const splitBy = async ({ victims }: RunReport, service = "checkout") => {
    const pods = await stage.pods("staging", service);
    const hit = pods.filter(({ name }) => victims.some(({ pod }) => pod === name));
    const [victim, bystander] = [hit[0], pods.find((pod) => !hit.includes(pod))];
    if (victim === undefined || bystander === undefined) throw new Error("no victim or no bystander is there");
    return { victim, bystander, hit, pods };
  };
  const kernelsOf = async (pods: readonly SeenPod[]) => {
    const byNode = [...Map.groupBy(pods, ({ node }) => node)].map(async ([node, there]) => {
      const lists = await stage.observers.on(node).kernelLists(there.map(({ pid }) => pid));
      return there.map(({ uid }, at) => [uid, lists[at] ?? ""] as const);
    });
    return new Map((await Promise.all(byNode)).flat());
  };
  const foreignIn = (pod: SeenPod) => stage.beside(pod).foreignIn(pod.pid);
  const residue = async (before: ReadonlyMap<string, string>) => {
    const now = await kernelsOf(await checkouts());
    return [...now].flatMap(([uid, lists]) => leftBehind(before.get(uid) ?? lists, lists));
  };
  const statusOf = async (runId: string) =>
    JSON.parse(await stage.cluster.kubectl("get", "crun", runId, "-n", "chaosgate", "-o", "json")).status;
  const patchPolicy = (spec: object) =>
    stage.cluster.kubectl("patch", "chaospolicy", "staging", "--type=merge", "-p", JSON.stringify({ spec }));

  it("slows the seed's three checkouts towards payment and nobody else, is stopped by the guard, and leaves nothing", async () => {
    const before = await kernelsOf(await checkouts());
    const [payment] = await stage.pods("staging", "payment");
    const added: number[] = [];
    const felt = (pod: SeenPod) => connectMs(stage, pod, payment);
    const { watching, finished } = await runByPullRequest(stage, MANIFESTS.seed, async (report) => {
      const { victim, bystander } = await splitBy(report);
      const [slow, fast, lines] = await Promise.all([felt(victim), felt(bystander), residue(before)]);
      added.push(slow - fast, fast, lines.length);
    });
    expect(watching?.victims, finished.because).toHaveLength(3);
    const [extra = 0, bystander = 0, lines = 0] = added;
    expect(extra).toBeGreaterThan(400);
    expect(extra).toBeLessThan(600);
    expect(bystander).toBeLessThan(100);
    expect(lines).toBeGreaterThan(0);
    expect(finished).toMatchObject({ verdict: "violated", rollback: "verified" });
    expect(await residue(before)).toEqual([]);
    expect(await statusOf(finished.runId)).toMatchObject({
      phase: "finished",
      verdict: "violated",
      rollback: "verified",
    });
    const { victim } = await splitBy(finished);
    expect(await felt(victim)).toBeLessThan(100);
  });

  it("does not touch anybody when the owners' ChaosPolicy no longer pairs the seed's namespace", async () => {
    const before = await kernelsOf(await checkouts());
    await patchPolicy({ pairings: [] });
    try {
      const { watching, finished } = await runByPullRequest(stage, MANIFESTS.seed);
      expect(watching).toBeUndefined();
      expect(finished).toMatchObject({ verdict: "refused", because: expect.stringContaining("ChaosPolicy staging") });
      expect(await residue(before)).toEqual([]);
    } finally {
      await patchPolicy({ pairings: [{ from: "staging-chaos", to: "staging" }] });
    }
  });

  it("kills one pod, whose deployment makes it good, and no other", async () => {
    const before = await restartsOf(stage);
    const { finished } = await runByPullRequest(stage, MANIFESTS.kill);
    expect(finished, finished.because).toMatchObject({ verdict: "resilient", rollback: "verified" });
    await eventually("ten replicas", 60_000, async () => {
      const ready = (await checkouts()).filter((pod) => pod.ready);
      return ready.length === 10 || undefined;
    });
    const after = await restartsOf(stage);
    const replaced = [...after].filter(([uid, restarts]) => restarts !== before.get(uid));
    expect(replaced).toHaveLength(1);
  });

  it("puts the clock of one checkout back by ten minutes, of nobody else, and lets it go again", async () => {
    const clocks: number[] = [];
    const { finished } = await runByPullRequest(stage, MANIFESTS.clock, async (report) => {
      const { victim, bystander } = await splitBy(report);
      clocks.push(await clockOf(stage, victim), await clockOf(stage, bystander));
    });
    expect(clocks, finished.because).toHaveLength(2);
    expect(clocks[0]).toBeGreaterThan(-603);
    expect(clocks[0]).toBeLessThan(-597);
    expect(Math.abs(clocks[1] ?? 99)).toBeLessThan(3);
    expect(finished, finished.because).toMatchObject({ verdict: "resilient", rollback: "verified" });
    const { victim } = await splitBy(finished);
    expect(Math.abs(await clockOf(stage, victim))).toBeLessThan(3);
    expect(await foreignIn(victim)).toEqual([]);
  });

  it("makes the files of one payment late, of nobody else, and takes its file system away again", async () => {
    const writes: number[] = [];
    const mounts: string[] = [];
    const { finished } = await runByPullRequest(stage, MANIFESTS.files, async (report) => {
      const { victim, bystander } = await splitBy(report, "payment");
      writes.push(await writeMs(stage, victim), await writeMs(stage, bystander));
      mounts.push(...(await foreignIn(victim)));
    });
    expect(writes, finished.because).toHaveLength(2);
    expect(writes[0]).toBeGreaterThanOrEqual(5);
    expect(writes[0]).toBeLessThan(15);
    expect(writes[1]).toBeLessThan(4);
    expect(mounts).toHaveLength(1);
    expect(finished, finished.because).toMatchObject({ verdict: "resilient", rollback: "verified" });
    const { victim } = await splitBy(finished, "payment");
    expect(await foreignIn(victim)).toEqual([]);
    expect(await writeMs(stage, victim)).toBeLessThan(4);
  });

  it.each(EFFECTS)(
    "would not have measured $name without the effect: the same pull request, refused",
    async (effect) => {
      const shows = await effect.instrument(stage);
      await patchPolicy({ kinds: ["StressChaos"] });
      try {
        const { watching, finished } = await runByPullRequest(stage, effect.manifest);
        expect(watching).toBeUndefined();
        expect(finished).toMatchObject({ verdict: "refused", because: expect.stringContaining("ChaosPolicy staging") });
        expect(await shows()).toEqual([]);
      } finally {
        await patchPolicy({ kinds: null });
      }
    },
  );
});
