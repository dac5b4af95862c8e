import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CRDS, crdFiles } from "../../scripts/crds.ts";
import { type ApiServer, startApiServer, whyNot } from "./support/api-server.ts";
import { installOwnKinds, must } from "./support/own-kinds.ts";

// ChaosRun and ChaosPolicy as a real API server understands them.

const missing = whyNot();
const RUNS = "/apis/chaosgate.dev/v1alpha1/namespaces/chaosgate/chaosruns";
const POLICIES = "/apis/chaosgate.dev/v1alpha1/chaospolicies";

const aRun = (name = "t1-0", over: object = {}) => ({
  apiVersion: "chaosgate.dev/v1alpha1",
  kind: "ChaosRun",
  metadata: { name },
  spec: { run: { ticket: "t1", document: "0", requestedAt: "2026-11-26T12:00:00Z", ...over } },
});
const aPolicy = (spec: object) => ({
  apiVersion: "chaosgate.dev/v1alpha1",
  kind: "ChaosPolicy",
  metadata: { generateName: "p-" },
  spec,
});

it("the chart's CRDs are what their source would write", () => {
  for (const [name, text] of Object.entries(crdFiles())) expect(readFileSync(join(CRDS, name), "utf8")).toBe(text);
});

describe.skipIf(missing !== undefined)(`our own kinds${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let cluster: ApiServer;
  beforeAll(async () => {
    cluster = await startApiServer();
    await must(cluster, "POST", "/api/v1/namespaces", { metadata: { name: "chaosgate" } });
    await installOwnKinds(cluster);
  }, 180_000);
  afterAll(() => cluster?.stop());

  it("are structural: the server prunes what nobody knows and takes them as established", async () => {
    const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    for (const { metadata, status } of (await must(cluster, "GET", path)).items) {
      const conditions: readonly { type: string; status: string }[] = status.conditions;
      expect(conditions.find(({ type }) => type === "Established")?.status, metadata.name).toBe("True");
      expect(conditions.find(({ type }) => type === "NonStructuralSchema")).toBeUndefined();
    }
  });

  it("name a run after its ticket, so that a ticket is claimed once", async () => {
    expect((await cluster.call("POST", RUNS, aRun("another-name"))).body).toContain(
      "a ticket can be claimed only once",
    );
    expect((await cluster.call("POST", RUNS, aRun())).status).toBe(201);
    expect((await cluster.call("POST", RUNS, aRun())).status).toBe(409);
  });

  it.each([
    { name: "another ticket", patch: { spec: { run: { requestedAt: "2026-11-26T13:00:00Z" } } } },
    {
      name: "a subject that was not there",
      patch: { spec: { run: { about: { kind: "a", namespace: "b", name: "c" } } } },
    },
  ])("refuse to change a run's spec: $name", async ({ patch }) => {
    await cluster.call("POST", RUNS, aRun());
    const { status, body } = await cluster.call("PATCH", `${RUNS}/t1-0`, patch);
    expect({ status, says: body.includes("only spec.abort can be changed") }).toEqual({ status: 422, says: true });
  });

  it("let an abort be asked for once, and not be taken back", async () => {
    await cluster.call("POST", RUNS, aRun());
    await must(cluster, "PATCH", `${RUNS}/t1-0`, { spec: { abort: { by: "ada", reason: "enough" } } });
    const changed = await cluster.call("PATCH", `${RUNS}/t1-0`, { spec: { abort: { reason: "never mind" } } });
    const removed = await cluster.call("PATCH", `${RUNS}/t1-0`, { spec: { abort: null } });
    expect([changed.status, removed.status]).toEqual([422, 422]);
    expect(removed.body).toContain("cannot be changed or taken back");
  });

  it("keep the status apart from the spec", async () => {
    await cluster.call("POST", RUNS, aRun());
    const status = { status: { phase: "finished", verdict: "resilient", rollback: "verified", victims: 3 } };
    expect((await must(cluster, "PATCH", `${RUNS}/t1-0`, status)).status).toBeUndefined();
    await must(cluster, "PATCH", `${RUNS}/t1-0/status`, status);
    expect((await must(cluster, "GET", `${RUNS}/t1-0`)).status).toMatchObject({ verdict: "resilient", victims: 3 });
  });

  it("tell a run in one line", async () => {
    const about = { kind: "NetworkChaos", namespace: "staging", name: "delay" };
    await must(cluster, "POST", RUNS, aRun("t2-0", { ticket: "t2", about }));
    await must(cluster, "PATCH", `${RUNS}/t2-0/status`, { status: { phase: "watching", victims: 3 } });
    const table = await cluster.table(`${RUNS}/t2-0`);
    expect(table).toMatchObject({
      Name: "t2-0",
      Kind: "NetworkChaos",
      Experiment: "delay",
      Phase: "watching",
      Victims: 3,
    });
  });

  it.each([
    { name: "no namespaces at all", spec: {}, says: "spec.namespaces" },
    { name: "an empty list of namespaces", spec: { namespaces: { names: [] } }, says: "name namespaces" },
    {
      name: "a duration without a unit",
      spec: { namespaces: { names: ["staging"] }, caps: { duration: "30" } },
      says: "spec.caps.duration",
    },
    {
      name: "more than everybody",
      spec: { namespaces: { names: ["staging"] }, caps: { percent: 101 } },
      says: "spec.caps.percent",
    },
    {
      name: "a window that ends when it begins",
      spec: { namespaces: { names: ["staging"] }, windows: [{ from: "09:00", to: "09:00", zone: "UTC" }] },
      says: "ends when it begins",
    },
    {
      name: "a blackout that runs backwards",
      spec: { namespaces: { names: ["s"] }, blackouts: [{ from: "2026-12-24", to: "2026-12-01", zone: "UTC" }] },
      says: "ends before it begins",
    },
  ])("refuse a policy with $name", async ({ spec, says }) => {
    const { status, body } = await cluster.call("POST", POLICIES, aPolicy(spec));
    expect({ status, says: body.includes(says) }).toEqual({ status: 422, says: true });
  });

  it("take a policy that says everything", async () => {
    const spec = {
      namespaces: { names: ["staging"], matchLabels: { chaos: "yes" } },
      protectedNamespaces: ["payments"],
      pairings: [{ from: "staging-chaos", to: "staging" }],
      kinds: ["NetworkChaos"],
      caps: { pods: 3, percent: 30, duration: "1m30s" },
      requiredLabels: { chaos: "yes" },
      windows: [{ days: ["mon", "fri"], from: "09:00", to: "17:00", zone: "Europe/Berlin" }],
      blackouts: [{ from: "2026-12-01", to: "2026-12-24", zone: "UTC", why: "Advent" }],
      ticketKeys: ["key-1"],
      engines: ["builtin"],
    };
    expect((await must(cluster, "POST", POLICIES, aPolicy(spec))).spec).toEqual(spec);
  });
});
