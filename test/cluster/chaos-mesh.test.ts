import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { openApi } from "../../src/kubernetes/api.ts";
import { createChaosMeshFaults } from "../../src/kubernetes/chaos-mesh.ts";
import { type KubernetesCluster, openKubernetesCluster } from "../../src/kubernetes/cluster.ts";
import { CHAOS_MESH_CONSENT_RIGHTS, CHAOS_MESH_RIGHTS } from "../../src/kubernetes/rights.ts";
import { writtenSpec } from "../../src/manifest/written.ts";
import { byEngine } from "../../src/run/by-engine.ts";
import { CHAOS_MESH_NODE } from "../../src/run/chaos-mesh-order.ts";
import { drive } from "../../src/run/drive.ts";
import { createInbox } from "../../src/run/inbox.ts";
import { createOccupancy } from "../../src/run/occupancy.ts";
import type { FaultRequest } from "../../src/run/ports.ts";
import { begin } from "../../src/run/step.ts";
import type { Terms } from "../../src/run/terms.ts";
import { faultsContract } from "../contract/faults.ts";
import { createFakeFaults } from "../fakes/faults.ts";
import { createFakeJournal } from "../fakes/journal.ts";
import { createFakeMetrics } from "../fakes/metrics.ts";
import { createFakeReports } from "../fakes/reports.ts";
import { someTerms } from "../fakes/run.ts";
import { createFakeSilences } from "../fakes/silences.ts";
import { type ApiServer, startApiServer, whyNot } from "./support/api-server.ts";
import { type Controller, installChaosMesh, noCrds, startController } from "./support/chaos-mesh-controller.ts";
import { aConsent, aNamespace, aNode, aRunningPod, RUNNER } from "./support/objects.ts";
import { eventually, installOwnKinds, must } from "./support/own-kinds.ts";
import { bindRunner } from "./support/runner-role.ts";

// The chaos-mesh engine against a real API server with Chaos Mesh's own CRDs. No chaos-controller-manager runs: a small one of this test
// stands in for it (support/chaos-mesh-controller.ts), and its recovery can be slow, stuck, failing or forced.

const missing = whyNot() ?? noCrds;
const GROUP = "/apis/chaos-mesh.org/v1alpha1";
const RBAC = "/apis/rbac.authorization.k8s.io/v1";

const DELAY = `apiVersion: chaos-mesh.org/v1alpha1
kind: NetworkChaos
metadata: { name: slow, namespace: staging }
spec:
  action: delay
  mode: fixed-percent
  value: "30"
  selector: { namespaces: [staging], labelSelectors: { app: checkout-service } }
  direction: to
  target: { mode: all, selector: { namespaces: [staging], labelSelectors: { app: payment-service } } }
  delay: { latency: 500ms, jitter: 50ms, correlation: "50" }
  duration: 5m
`;

describe.skipIf(missing !== undefined)(`the chaos-mesh engine${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let server: ApiServer;
  let cluster: KubernetesCluster;
  let controller: Controller;
  let runs = 0;
  const over = new AbortController();

  beforeAll(async () => {
    server = await startApiServer();
    for (const name of ["chaosgate", "staging"]) await aNamespace(server, name);
    await installOwnKinds(server);
    await installChaosMesh(server);
    await bindRunner(server);
    await bindEngine();
    await aConsent(server, "staging");
    await aNode(server, "node-1", "192.0.2.1", "10.244.1.0/24");
    const pod = { namespace: "staging", node: "node-1" };
    for (let n = 0; n < 10; n++)
      await aRunningPod(server, {
        ...pod,
        name: `checkout-${n}`,
        ip: `10.244.1.1${n}`,
        labels: { app: "checkout-service" },
      });
    await aRunningPod(server, { ...pod, name: "payment-0", ip: "10.244.1.30", labels: { app: "payment-service" } });
    await must(server, "POST", "/apis/chaosgate.dev/v1alpha1/chaospolicies", {
      apiVersion: "chaosgate.dev/v1alpha1",
      kind: "ChaosPolicy",
      metadata: { name: "staging" },
      spec: { namespaces: { names: ["staging"] }, engines: ["chaos-mesh"] },
    });
    const options = { api: api(), clock: systemClock, namespace: "chaosgate", daemonPort: 7443, onTrouble: () => {} };
    cluster = await openKubernetesCluster(options, over.signal);
    await eventually(async () => (await cluster.policies?.())?.length === 1);
    controller = startController(server);
  }, 180_000);

  afterAll(async () => {
    over.abort();
    await controller?.stop();
    await server?.stop();
  });

  beforeEach(() => {
    Object.assign(controller.habit, { injectMs: 100, recovery: "prompt" });
  });

  /** What the chart adds where the engine is on. */
  async function bindEngine(): Promise<void> {
    const roleRef = { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "chaosgate-chaos-mesh" };
    await must(server, "POST", `${RBAC}/clusterroles`, { metadata: { name: roleRef.name }, rules: CHAOS_MESH_RIGHTS });
    await must(server, "POST", `${RBAC}/clusterrolebindings`, {
      metadata: { name: roleRef.name },
      roleRef,
      subjects: [RUNNER],
    });
    const consent = { ...roleRef, name: "chaosgate-chaos-mesh-consent" };
    await must(server, "POST", `${RBAC}/clusterroles`, {
      metadata: { name: consent.name },
      rules: CHAOS_MESH_CONSENT_RIGHTS,
    });
    await must(server, "POST", `${RBAC}/namespaces/staging/rolebindings`, {
      metadata: { name: consent.name },
      roleRef: consent,
      subjects: [RUNNER],
    });
  }

  const api = () => openApi({ kubeconfig: server.kubeconfig("reader") }, 5_000);
  const faults = () =>
    createChaosMeshFaults({ api: api(), clock: systemClock, injectWithinMs: 3_000, recoverWithinMs: 1_000 });
  const objects = async () => (await must(server, "GET", `${GROUP}/networkchaos`)).items as readonly Made[];
  type Made = { readonly metadata: { readonly name: string }; readonly spec: Readonly<Record<string, unknown>> };

  function aRequest(): FaultRequest {
    const written = writtenSpec(DELAY, 0);
    if (written === undefined) throw new Error("the manifest has a spec");
    const { selector: _, mode: __, value: ___, duration: ____, ...spec } = written.spec;
    const pod = `checkout-${++runs % 10}`;
    return {
      ticket: "a.b.c",
      runId: `t${String(runs).padStart(20, "0")}-0`,
      faultId: "f0",
      epoch: 1,
      victim: { namespace: "staging", pod, podUid: `uid-${runs}`, container: "main" },
      deadlineMs: 20_000,
      fault: { kind: "chaos-mesh", chaosKind: "NetworkChaos", spec },
    };
  }

  faultsContract("Chaos Mesh", async () => ({ faults: faults(), node: CHAOS_MESH_NODE, request: aRequest() }));

  function terms(): Terms {
    const { claims, experiment, guard, ...rest } = someTerms();
    const jti = `t${String(++runs).padStart(20, "0")}`;
    const written = writtenSpec(DELAY, 0);
    return {
      ...rest,
      ...(written !== undefined && { written }),
      runId: `${jti}-0`,
      claims: { ...claims, jti },
      experiment: { ...experiment, durationMs: 6_000 },
      clusterId: cluster.clusterId,
      requestedAt: systemClock.now(),
      guard: { ...guard, pollMs: 200, baselinePolls: 2, recoveryMs: 3_000 },
    };
  }

  async function driven(run: Terms, errorsAfterMs = Number.POSITIVE_INFINITY) {
    const healthy: Readonly<Record<string, number>> = { errors: 0, age: 1, outside: 0 };
    let injectedAt = Number.POSITIVE_INFINITY;
    const mesh = faults();
    const counted = {
      ...mesh,
      inject: async (node: string, request: FaultRequest) => {
        const receipt = await mesh.inject(node, request);
        injectedAt = Math.min(injectedAt, systemClock.now());
        return receipt;
      },
    };
    const whole = {
      cluster,
      journal: createFakeJournal(),
      faults: byEngine(createFakeFaults(systemClock), counted),
      metrics: createFakeMetrics((promql) => [
        (promql === "errors" && systemClock.now() > injectedAt + errorsAfterMs && (mustHold() ? 0.5 : 0)) ||
          (healthy[promql] ?? Number.NaN),
      ]),
      silences: createFakeSilences(systemClock),
      reports: createFakeReports(),
      occupancy: createOccupancy(),
      clock: systemClock,
    };
    let held = true;
    const mustHold = () => held;
    whole.reports.orders = ({ phase }) => {
      if (phase === "verifying") held = false;
      return [];
    };
    await whole.journal.claim(run.runId, run.requestedAt);
    const { finished, flushed } = await drive({ step: begin(run), events: 0 }, whole, createInbox());
    await flushed;
    return { finished, report: whole.reports.sent.at(-1) };
  }

  it("makes an object for each victim from what was reviewed, with the pod pinned and the run's own duration", async () => {
    const request = aRequest();
    await faults().inject(CHAOS_MESH_NODE, request);
    const made = (await objects()).find(({ metadata }) => metadata.name === `${request.runId}-f0`);
    expect(made?.spec).toMatchObject({
      action: "delay",
      direction: "to",
      delay: { latency: "500ms", jitter: "50ms", correlation: "50" },
      target: { mode: "all", selector: { labelSelectors: { app: "payment-service" } } },
      mode: "all",
      selector: { pods: { staging: [request.victim.pod] } },
      duration: "20000ms",
    });
    expect(made?.spec).not.toHaveProperty("value");
    await faults().revert(CHAOS_MESH_NODE, request.runId, 1);
  });

  it("drives a whole run where the policy names it, and proves that nothing is left", async () => {
    const { finished, report } = await driven(terms());
    expect(finished).toMatchObject({ ending: { verdict: "resilient" }, rollback: "verified" });
    expect(report?.victims).toHaveLength(3);
    expect(report?.victims[0]).toMatchObject({ backEnd: "Chaos Mesh", felt: { measured: false } });
    expect(await objects()).toEqual([]);
  });

  it("is not used where the runner has it off, whatever the policy names", async () => {
    const { written: _, ...without } = terms();
    const { finished } = await driven(without);
    expect(finished.ending).toMatchObject({
      verdict: "refused",
      because: expect.stringContaining("builtin engine may not"),
    });
    expect(await objects()).toEqual([]);
  });

  it("is aborted by the guard, and waits for a recovery that is slow", async () => {
    controller.habit.recovery = "slow";
    const begun = systemClock.now();
    const { finished } = await driven(terms(), 500);
    expect(finished).toMatchObject({ ending: { verdict: "violated" }, rollback: "verified" });
    expect(systemClock.now() - begun).toBeGreaterThan(2_500);
    expect(await objects()).toEqual([]);
  });

  it("tries a recovery that fails again until it holds", async () => {
    controller.habit.recovery = "failing-twice";
    const { finished } = await driven(terms(), 500);
    expect(finished).toMatchObject({ ending: { verdict: "violated" }, rollback: "verified" });
    expect(await objects()).toEqual([]);
  });

  it("says what is stuck, on which pod, held by what, and never that it is restored", async () => {
    controller.habit.recovery = "stuck";
    const request = aRequest();
    await faults().inject(CHAOS_MESH_NODE, request);
    const title = `NetworkChaos staging/${request.runId}-f0`;
    const { reverted, failures } = await faults().revert(CHAOS_MESH_NODE, request.runId, 1);
    expect(reverted).toBe(0);
    expect(failures.join()).toContain(
      `${title} was deleted and is not recovered: staging/${request.victim.pod} is Injected`,
    );
    expect(failures.join()).toContain("no chaos-daemon on node-1");
    expect(failures.join()).toContain("held by chaos-mesh/records");
    const left = await faults().residue(CHAOS_MESH_NODE, [request.victim]);
    expect(left).toEqual([
      expect.stringContaining(`${title} is still there`),
      expect.stringContaining(
        `PodNetworkChaos staging/${request.victim.pod} still holds rules of staging/${request.runId}-f0`,
      ),
    ]);
    controller.habit.recovery = "prompt";
    expect((await faults().revert(CHAOS_MESH_NODE, request.runId, 1)).failures).toEqual([]);
    expect(await faults().residue(CHAOS_MESH_NODE, [request.victim])).toEqual([]);
  });

  it("finds rules that stayed when somebody forced the finalizer away", async () => {
    controller.habit.recovery = "forced";
    const request = aRequest();
    await faults().inject(CHAOS_MESH_NODE, request);
    expect((await faults().revert(CHAOS_MESH_NODE, request.runId, 1)).failures).toEqual([]);
    expect(await faults().residue(CHAOS_MESH_NODE, [request.victim])).toEqual([
      `PodNetworkChaos staging/${request.victim.pod} still holds rules of staging/${request.runId}-f0`,
    ]);
    await must(server, "DELETE", `${GROUP}/namespaces/staging/podnetworkchaos/${request.victim.pod}`);
  });

  it("takes back what Chaos Mesh does not inject in time", async () => {
    controller.habit.injectMs = Number.POSITIVE_INFINITY;
    const { finished } = await driven(terms());
    expect(finished).toMatchObject({ ending: { verdict: "inconclusive" }, rollback: "verified" });
    expect(finished.ending.because).toContain("did not inject NetworkChaos");
    expect(await objects()).toEqual([]);
  });

  it("has lost what somebody else deletes", async () => {
    const request = aRequest();
    const name = `${request.runId}-f0`;
    await faults().inject(CHAOS_MESH_NODE, request);
    controller.habit.recovery = "slow";
    await must(server, "DELETE", `${GROUP}/namespaces/staging/networkchaos/${name}`);
    const why = `somebody deleted NetworkChaos staging/${name}, or holds it up`;
    expect(await faults().renew(CHAOS_MESH_NODE, request.runId, 1)).toEqual({ kind: "lost", why });
    await eventually(async () => (await objects()).length === 0);
    expect(await faults().renew(CHAOS_MESH_NODE, request.runId, 1)).toEqual({ kind: "lost" });
  });
});
