import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kernelLists, leftBehind } from "../../src/entrypoints/playground/observe.ts";
import { createLocalCluster } from "../../src/local/cluster.ts";
import { createPrometheusMetrics } from "../../src/prometheus/metrics.ts";
import { holds } from "../../src/slo/judge.ts";
import type { Objective } from "../../src/slo/objective.ts";
import { clusterContract } from "../contract/cluster.ts";
import { faultsContract } from "../contract/faults.ts";
import { createFakeReports } from "../fakes/reports.ts";
import { silencedBy } from "./support/observability.ts";
import { aStage, aTicket, KILL, MANIFEST, realFaults, runOn, type Stage } from "./support/run.ts";
import { ALERTMANAGER, DAEMON, missingParts, PROMETHEUS } from "./support/sandbox.ts";

const why = missingParts(PROMETHEUS, ALERTMANAGER, DAEMON);
if (why !== undefined) console.log(`run: skipped, ${why}`);

describe.skipIf(why !== undefined)("a run over real parts", () => {
  const folder = mkdtempSync(join(tmpdir(), "run-"));
  let stage: Stage;

  const checkouts = () => stage.side.shop.state().pods.filter(({ service }) => service === "checkout");
  /** Objectives look back a few seconds, and a baseline refuses to start on what is left of the run before, or of starting up. */
  async function calm(): Promise<void> {
    const { claims } = await aTicket(stage);
    const metrics = createPrometheusMetrics({ url: stage.side.observability.prometheusUrl, timeoutMs: 3_000 });
    const steady = async ({ query, baselineBound }: Objective) => {
      const answer = await metrics.query(query, Date.now());
      return answer.ok && answer.series.length > 0 && answer.series.every(({ value }) => holds(baselineBound, value));
    };
    for (let tries = 0, quiet = 0; tries < 60 && quiet < 5; tries += 1) {
      const all = await Promise.all(claims.objectives.map(steady));
      quiet = all.every(Boolean) ? quiet + 1 : 0;
      await delay(1_000);
    }
  }

  /** A busy machine can make a shop fail its own baseline; that is refused, rightly, and tried again. */
  async function runInCalm(options: Parameters<typeof runOn>[1] = {}) {
    for (let tries = 1; ; tries += 1) {
      await calm();
      const run = await runOn(stage, options);
      const refused = run.finished.ending.because.startsWith("no steady state");
      if (!refused || tries === 3) return run;
    }
  }

  const kernels = () => Promise.all(checkouts().map(({ pid }) => kernelLists(pid)));

  beforeAll(async () => {
    stage = await aStage(folder);
  });

  afterAll(async () => {
    await stage?.side.stop();
    await rm(folder, { recursive: true });
  });

  clusterContract("the local cluster", async () => ({
    cluster: createLocalCluster({ stateFile: stage.side.shop.stateFile }),
    namespace: "staging",
  }));

  faultsContract("the daemon", async () => {
    const { ticket, claims } = await aTicket(stage);
    const [pod] = checkouts();
    if (pod === undefined) throw new Error("the shop has checkout replicas");
    const { namespace, name, uid, service, pid } = pod;
    const victim = { namespace, pod: name, podUid: uid, container: service, localPid: pid };
    const fault = { kind: "network", direction: "to", peers: [], exempt: [], act: { kind: "partition" } } as const;
    const run = { ticket, runId: `${claims.jti}-0`, faultId: "f0", epoch: 1, deadlineMs: 20_000 };
    return { faults: realFaults(stage), node: "local", request: { ...run, victim, fault } };
  });

  it("is violated by the seed's delay, and leaves nothing behind", async () => {
    const before = await kernels();
    const { finished, report } = await runInCalm();
    expect(finished.ending).toMatchObject({
      verdict: "violated",
      because: expect.stringContaining("checkout error rate"),
    });
    expect(finished.rollback).toBe("verified");
    const after = await kernels();
    expect(after.flatMap((now, index) => leftBehind(before[index] ?? "", now))).toEqual([]);
    expect(await silencedBy(stage.side.observability.alertmanagerUrl)).not.toContain("staging");
    const added = report.measured.find(({ id }) => id === "added-latency");
    expect(added?.value).toBeGreaterThan(450);
    expect(added?.value).toBeLessThan(550);
  });

  it("goes on to its end when the guard has no bound to hold: the same errors, and nobody stops them", async () => {
    const manifest = MANIFEST.replace("duration: 5m", "duration: 15s");
    const { finished, report } = await runInCalm({ manifest, errorsBelow: 1 });
    const worst = Math.max(
      ...report.readings.filter(({ objective }) => objective === "checkout-errors").map(({ value = 0 }) => value),
    );
    expect(worst).toBeGreaterThan(0.02);
    expect(finished.ending.verdict).toBe("resilient");
    expect(report.timeline.some(({ what }) => what.startsWith("violated"))).toBe(false);
  });

  it("kills a pod whose controller makes it good", async () => {
    const before = checkouts().map(({ uid }) => uid);
    const { finished, report } = await runInCalm({ manifest: KILL });
    expect(report.victims).toMatchObject([{ effect: "process-kill", felt: { measured: true, felt: true } }]);
    expect(finished.rollback).toBe("verified");
    const gone = before.filter((uid) => !checkouts().some((pod) => pod.uid === uid));
    expect(gone).toEqual([report.victims[0]?.podUid]);
    expect(checkouts()).toHaveLength(10);
  });

  it("has a runner that ends when it is told to, even while the bot is away", async () => {
    const runner = await stage.side.startRunner("http://127.0.0.1:9");
    await runner.said(/no ticket could be taken/);
    expect(await runner.stop("SIGTERM", 10_000)).toBe(0);
  });

  it("is inconclusive and rolled back when Prometheus is gone in the middle of it", async () => {
    const reports = createFakeReports();
    let stopped = false;
    reports.orders = ({ phase }) => {
      if (phase === "watching" && !stopped) void stage.side.observability.prometheus.stop("SIGKILL");
      stopped ||= phase === "watching";
      return [];
    };
    const { finished, report } = await runInCalm({ reports });
    expect(finished.ending).toMatchObject({ verdict: "inconclusive", because: expect.stringContaining("query-error") });
    expect(finished.rollback).toBe("expired");
    expect(report.residue?.found).toEqual([]);
    expect(await silencedBy(stage.side.observability.alertmanagerUrl)).not.toContain("staging");
  });
});
