import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock } from "../../src/clock.ts";
import { openApi } from "../../src/kubernetes/api.ts";
import { type KubernetesCluster, openKubernetesCluster } from "../../src/kubernetes/cluster.ts";
import { createRunEvents } from "../../src/kubernetes/run-events.ts";
import { createRunJournal } from "../../src/kubernetes/run-journal.ts";
import { createRunStore } from "../../src/kubernetes/run-store.ts";
import { drive } from "../../src/run/drive.ts";
import { createInbox } from "../../src/run/inbox.ts";
import { createOccupancy } from "../../src/run/occupancy.ts";
import { recollect } from "../../src/run/recollect.ts";
import type { Order } from "../../src/run/report.ts";
import { begin } from "../../src/run/step.ts";
import { subjectOf } from "../../src/run/subject.ts";
import type { Terms } from "../../src/run/terms.ts";
import { createFakeFaults } from "../fakes/faults.ts";
import { createFakeMetrics } from "../fakes/metrics.ts";
import { createFakeReports } from "../fakes/reports.ts";
import { someTerms } from "../fakes/run.ts";
import { createFakeSilences } from "../fakes/silences.ts";
import { type ApiServer, startApiServer, whyNot } from "./support/api-server.ts";
import { aConsent, aNamespace, aNode, aRunningPod } from "./support/objects.ts";
import { eventually, installOwnKinds, must } from "./support/own-kinds.ts";
import { bindRunner } from "./support/runner-role.ts";

// Whole runs whose cluster and journal are a real API server, with the runner's own rights. Daemons and Prometheus are the fakes that
// their contracts hold.

const missing = whyNot();
const RUNS = "/apis/chaosgate.dev/v1alpha1/namespaces/chaosgate/chaosruns";
const POLICIES = "/apis/chaosgate.dev/v1alpha1/chaospolicies";

describe.skipIf(missing !== undefined)(`a run in Kubernetes${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let server: ApiServer;
  let cluster: KubernetesCluster;
  let tickets = 0;
  const untaken: string[] = [];
  const over = new AbortController();

  beforeAll(async () => {
    server = await startApiServer();
    for (const name of ["chaosgate", "staging"]) await aNamespace(server, name);
    await installOwnKinds(server);
    await bindRunner(server);
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
    const api = openApi({ kubeconfig: server.kubeconfig("reader") }, 5_000);
    const options = { api, clock: systemClock, namespace: "chaosgate", daemonPort: 7443, onTrouble: () => {} };
    cluster = await openKubernetesCluster(options, over.signal);
  }, 180_000);
  afterAll(async () => {
    over.abort();
    await server?.stop();
  });

  const policy = (spec: object = {}) => ({
    apiVersion: "chaosgate.dev/v1alpha1",
    kind: "ChaosPolicy",
    metadata: { name: "staging" },
    spec: { namespaces: { names: ["staging"] }, caps: { pods: 3, percent: 30, duration: "1m" }, ...spec },
  });

  function terms(durationMs = 60_000): Terms {
    const { claims, experiment, guard, ...rest } = someTerms();
    const jti = `t${String(++tickets).padStart(20, "0")}`;
    return {
      ...rest,
      runId: `${jti}-0`,
      claims: { ...claims, jti },
      experiment: { ...experiment, durationMs },
      clusterId: cluster.clusterId,
      requestedAt: systemClock.now(),
      guard: { ...guard, pollMs: 100, baselinePolls: 3, recoveryMs: 5_000 },
    };
  }

  /** A runner of its own around the same cluster; `term` is the number of its leadership. */
  function runner(term: number, onOrder?: (order: Order) => void, timeoutMs = 5_000) {
    const api = openApi({ kubeconfig: server.kubeconfig("reader") }, timeoutMs);
    const log = { info: () => {}, error: (facts: object) => untaken.push(JSON.stringify(facts)) };
    const events = createRunEvents({ api, namespace: "chaosgate", reporter: "test", clock: systemClock, log });
    const journal = createRunJournal({
      store: createRunStore(api, "chaosgate"),
      holder: () => ({ identity: `runner-${term}`, term }),
      clock: systemClock,
      nonce: () => "only",
      onPhase: events,
      ...(onOrder !== undefined && { onOrder }),
    });
    return { journal };
  }

  function world(journal: ReturnType<typeof runner>["journal"]) {
    const healthy: Readonly<Record<string, number>> = { errors: 0, age: 1, outside: 0 };
    return {
      cluster,
      journal,
      faults: createFakeFaults(systemClock),
      metrics: createFakeMetrics((promql) => [healthy[promql] ?? Number.NaN]),
      silences: createFakeSilences(systemClock),
      reports: createFakeReports(),
      occupancy: createOccupancy(),
      clock: systemClock,
    };
  }

  async function claimed(journal: ReturnType<typeof runner>["journal"], run: Terms): Promise<void> {
    const { runId, ticket, claims } = run;
    const subject = subjectOf({ kind: "accepted", runId, ticket, expiresAt: claims.exp * 1000, terms: run });
    expect(await journal.claim(run.runId, run.requestedAt, subject)).toBe(true);
    await journal.append({ at: run.requestedAt, runId: run.runId, kind: "terms", data: run });
  }

  const statusOf = async (runId: string) => (await must(server, "GET", `${RUNS}/${runId}`)).status;

  async function driven(run: Terms) {
    const { journal } = runner(1);
    await claimed(journal, run);
    const whole = world(journal);
    const { finished } = await drive({ step: begin(run), events: 0 }, whole, createInbox());
    return { finished, whole };
  }

  it("is refused without a policy of the cluster's owners", async () => {
    const { finished, whole } = await driven(terms());
    expect(finished.ending).toMatchObject({ verdict: "refused", because: expect.stringContaining("no ChaosPolicy") });
    expect(whole.faults.holding()).toEqual([]);
  });

  it("is refused without the consent of the namespace that it would hit", async () => {
    await must(server, "POST", POLICIES, policy());
    await eventually(async () => (await cluster.policies?.())?.length === 1);
    const run = terms();
    const { finished } = await driven(run);
    expect(finished.ending.because).toContain("namespace staging does not consent");
    expect(await statusOf(run.runId)).toMatchObject({ phase: "finished", verdict: "refused", rollback: "not-needed" });
  });

  it("finds its victims, holds them up, lets them go, and tells it in its status and in events", async () => {
    await aConsent(server, "staging");
    const run = terms(5_000);
    const { finished, whole } = await driven(run);
    expect(finished).toMatchObject({ ending: { verdict: "resilient" }, rollback: "verified" });
    expect(whole.faults.holding()).toEqual([]);
    const status = await statusOf(run.runId);
    expect(status).toMatchObject({
      phase: "finished",
      verdict: "resilient",
      rollback: "verified",
      victims: 3,
      matched: 10,
    });
    const row = await server.table(`${RUNS}/${run.runId}`);
    expect(row).toMatchObject({ Kind: "NetworkChaos", Namespace: "staging", Phase: "finished", Verdict: "resilient" });
    expect(untaken).toEqual([]);
    await eventually(async () => {
      const { items } = await must(server, "GET", "/apis/events.k8s.io/v1/namespaces/chaosgate/events");
      const own = items.filter(({ regarding }: { regarding: { name: string } }) => regarding.name === run.runId);
      const reasons: readonly string[] = own.map(({ reason }: { reason: string }) => reason);
      return ["Watching", "RollingBack", "Finished"].every((reason) => reasons.includes(reason));
    });
  });

  it.each([
    { name: "more pods than the owners permit", spec: { caps: { pods: 2 } }, says: "the policy's cap is 2" },
    { name: "a longer fault", spec: { caps: { duration: "20s" } }, says: "its cap is 20 s" },
    { name: "a kind that may not run", spec: { kinds: ["PodChaos"] }, says: "NetworkChaos may not run" },
    { name: "pods without the opt-in", spec: { requiredLabels: { chaos: "yes" } }, says: "do not carry chaos=yes" },
    { name: "a key that is not good here", spec: { ticketKeys: ["other"] }, says: "are not good here" },
    {
      name: "an engine that may not inject",
      spec: { engines: ["chaos-mesh"] },
      says: "the builtin engine may not inject",
    },
    {
      name: "a namespace that is not meant",
      spec: { namespaces: { names: ["other"] } },
      says: "names no namespace that exists",
    },
    { name: "a protected namespace", spec: { protectedNamespaces: ["staging"] }, says: "staging is protected" },
    {
      name: "a day on which nothing may",
      spec: { blackouts: [{ from: "2000-01-01", to: "2999-12-31", zone: "UTC", why: "for this test" }] },
      says: "for this test",
    },
  ])("is refused for $name", async ({ spec, says }) => {
    await must(server, "PUT", `${POLICIES}/staging`, await changed(spec));
    await eventually(async () => JSON.stringify(await cluster.policies?.()) !== undefined && (await isKnown(spec)));
    const { finished, whole } = await driven(terms());
    expect(finished.ending.verdict).toBe("refused");
    expect(finished.ending.because).toContain("ChaosPolicy staging");
    expect(finished.ending.because).toContain(says);
    expect(whole.faults.holding()).toEqual([]);
    await must(server, "PUT", `${POLICIES}/staging`, await changed({}));
    await eventually(async () => isKnown({}));
  });

  let generation = 0;
  /** The policy with this spec; a protected namespace that nobody has marks which one was heard of. */
  async function changed(spec: { protectedNamespaces?: readonly string[] }) {
    const { metadata } = await must(server, "GET", `${POLICIES}/staging`);
    const mark = `mark-${++generation}`;
    const protectedNamespaces = [...(spec.protectedNamespaces ?? []), mark];
    return { ...policy({ ...spec, protectedNamespaces }), metadata };
  }
  async function isKnown(_spec: object) {
    const [known] = (await cluster.policies?.()) ?? [];
    return known?.protectedNamespaces.includes(`mark-${generation}`) ?? false;
  }

  it.each([
    {
      name: "spec.abort",
      ask: (path: string) => must(server, "PATCH", path, { spec: { abort: { by: "ada", reason: "enough" } } }),
      says: "abort by ada: enough",
    },
    { name: "deleting it", ask: (path: string) => must(server, "DELETE", path), says: "whoever deleted its ChaosRun" },
  ])("ends by $name, and is rolled back", async ({ ask, says }) => {
    const inbox = createInbox();
    const { journal } = runner(1, (order) => inbox.putOrder(order, systemClock.now()));
    const run = terms();
    await claimed(journal, run);
    const whole = world(journal);
    const driving = drive({ step: begin(run), events: 0 }, whole, inbox);
    await eventually(async () => (await statusOf(run.runId)).phase === "watching");
    expect(whole.faults.holding()).toHaveLength(3);
    await ask(`${RUNS}/${run.runId}`);
    const { finished } = await driving;
    expect(finished).toMatchObject({ ending: { verdict: "aborted" }, rollback: "verified" });
    expect(finished.ending.because).toContain(says);
    expect(whole.faults.holding()).toEqual([]);
  });

  it("ends by chaosgate abort --all, which waits for the proof, as before an uninstall", async () => {
    const inbox = createInbox();
    const { journal } = runner(1, (order) => inbox.putOrder(order, systemClock.now()));
    const run = terms();
    await claimed(journal, run);
    const whole = world(journal);
    const driving = drive({ step: begin(run), events: 0 }, whole, inbox);
    await eventually(async () => (await statusOf(run.runId)).phase === "watching");
    const words = [
      "abort",
      "--all",
      "--kubeconfig",
      server.kubeconfig("admin"),
      "--by",
      "helm",
      "--reason",
      "uninstalled",
    ];
    const cli = "src/entrypoints/cli.ts";
    const { stdout } = await promisify(execFile)(process.execPath, [cli, ...words], { timeout: 60_000 });
    expect(stdout).toBe(`${run.runId}: aborted, rollback verified\n`);
    expect(whole.faults.holding()).toEqual([]);
    expect((await driving).finished.ending.because).toContain("abort by helm: uninstalled");
    const again = await promisify(execFile)(process.execPath, [cli, ...words], { timeout: 60_000 });
    expect(again.stdout).toBe("no run is under way\n");
  });

  it("is taken over by the next leader, who rolls back; the one before finds that it may not go on, and rolls back too", async () => {
    const run = terms();
    const [old, young] = [runner(1), runner(2)];
    await claimed(old.journal, run);
    const whole = world(old.journal);
    const driving = drive({ step: begin(run), events: 0 }, whole, createInbox());
    await eventually(async () => (await statusOf(run.runId)).phase === "watching");
    const found = recollect(await young.journal.read(run.runId));
    if (found.kind !== "unfinished") throw new Error(`the run is ${found.kind}`);
    await expect(driving).rejects.toMatchObject({ code: "JOURNAL_FAILED" });
    const inbox = createInbox();
    inbox.put({ kind: "resumed", at: systemClock.now() });
    const { finished } = await drive(found.start, { ...whole, journal: young.journal }, inbox);
    expect(finished).toMatchObject({ ending: { verdict: "inconclusive" }, rollback: "verified" });
    expect(whole.faults.holding()).toEqual([]);
    expect(await statusOf(run.runId)).toMatchObject({ phase: "finished", holder: { identity: "runner-2", term: 2 } });
  });

  it("is rolled back when the API server is silent, and its status is true soon after the server is back", async () => {
    const run = terms();
    const [old, young] = [runner(1, undefined, 2_000), runner(2)];
    await claimed(old.journal, run);
    const whole = world(old.journal);
    const driving = drive({ step: begin(run), events: 0 }, whole, createInbox()).catch((thrown: unknown) => thrown);
    await eventually(async () => (await statusOf(run.runId)).phase === "watching");
    expect(whole.faults.holding()).toHaveLength(3);
    server.pause();
    const paused = systemClock.now();
    try {
      expect(await driving).toMatchObject({ code: "JOURNAL_FAILED" });
      expect(whole.faults.holding()).toEqual([]);
      // A journal waits for 8 s, and one call for 2 s in this test; a lease would have ended the fault after 45 s.
      expect(systemClock.now() - paused).toBeLessThan(20_000);
    } finally {
      server.resume();
    }
    const back = systemClock.now();
    const found = await eventuallyIs(async () => recollect(await young.journal.read(run.runId)));
    if (found.kind !== "unfinished") throw new Error(`the run is ${found.kind}`);
    const inbox = createInbox();
    inbox.put({ kind: "resumed", at: systemClock.now() });
    await drive(found.start, { ...whole, journal: young.journal }, inbox);
    expect(await statusOf(run.runId)).toMatchObject({
      phase: "finished",
      verdict: "inconclusive",
      rollback: "verified",
    });
    expect(systemClock.now() - back).toBeLessThan(30_000);
  });

  async function eventuallyIs<T>(ask: () => Promise<T>): Promise<T> {
    let found: T | undefined;
    await eventually(async () => {
      found = await ask().catch(() => undefined);
      return found !== undefined;
    });
    if (found === undefined) throw new Error("it was there a moment ago");
    return found;
  }

  it("lets go of a deleted run only when it has ended and its ticket has, too", async () => {
    const store = createRunStore(openApi({ kubeconfig: server.kubeconfig("reader") }), "chaosgate");
    const run = terms();
    await claimed(runner(1).journal, run);
    await must(server, "DELETE", `${RUNS}/${run.runId}`);
    const later = run.claims.exp * 1000 + 1_000;
    expect(await store.retire(later - 60_000)).toEqual([]);
    expect(await store.retire(later)).not.toContain(run.runId);
    await must(server, "PATCH", `${RUNS}/${run.runId}/status`, { status: { phase: "finished" } });
    expect(await store.retire(later)).toContain(run.runId);
    expect((await server.call("GET", `${RUNS}/${run.runId}`)).status).toBe(404);
  });
});
