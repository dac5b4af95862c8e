import { mkdtempSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { kernelLists, leftBehind } from "../../src/entrypoints/playground/observe.ts";
import { createLocalCluster } from "../../src/local/cluster.ts";
import { clusterContract } from "../contract/cluster.ts";
import { faultsContract } from "../contract/faults.ts";
import { silencedBy } from "./support/observability.ts";
import { aStage, aTicket, realFaults, runOn, type Stage } from "./support/run.ts";
import { ALERTMANAGER, DAEMON, missingParts, PROMETHEUS } from "./support/sandbox.ts";

const why = missingParts(PROMETHEUS, ALERTMANAGER, DAEMON);
if (why !== undefined) console.log(`run: skipped, ${why}`);

describe.skipIf(why !== undefined)("a run over real parts", () => {
  const folder = mkdtempSync(join(tmpdir(), "run-"));
  let stage: Stage;

  const checkouts = () => stage.side.shop.state().pods.filter(({ service }) => service === "checkout");
  const kernels = () => Promise.all(checkouts().map(({ pid }) => kernelLists(pid)));

  beforeAll(async () => {
    stage = await aStage(folder);
  });

  afterAll(async () => {
    await stage?.side.stop();
    if (process.env.CHAOSGATE_KEEP === undefined) await rm(folder, { recursive: true });
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
    const { finished, report } = await runOn(stage);
    writeFileSync(join(folder, "violated.json"), JSON.stringify(report, undefined, 1));
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
});
