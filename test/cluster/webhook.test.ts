import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AdmissionView, decide } from "../../src/admission/decide.ts";
import { type AdmissionServer, startAdmissionServer } from "../../src/admission/server.ts";
import { makeKeys } from "../../src/entrypoints/playground/keys.ts";
import type { ClusterPolicy } from "../../src/policy/cluster-policy.ts";
import { CASES, objectOf, RULES, SAYS } from "../admission/cases.ts";
import { aClusterWith, pods } from "../fakes/snapshot.ts";
import { type ApiServer, startApiServer, whyNot } from "./support/api-server.ts";
import { aKindOfChaosMesh, chaosPath } from "./support/chaos-kinds.ts";
import { aNamespace } from "./support/objects.ts";
import { eventually, must } from "./support/own-kinds.ts";

// The validating webhook as a real API server calls it, with the objects as they are by then.

const missing = whyNot();
const HOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";

describe.skipIf(missing !== undefined)(`admission by webhook${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "chaosgate-webhook-"));
  let server: ApiServer;
  let webhook: AdmissionServer;
  let view: AdmissionView | undefined;

  beforeAll(async () => {
    server = await startApiServer();
    for (const name of ["chaosgate", "staging", "staging-chaos", "payments", "other"]) await aNamespace(server, name);
    for (const kind of new Set(CASES.map((one) => one.kind))) await aKindOfChaosMesh(server, kind);
    const { daemon, caFile } = makeKeys(folder);
    const tls = { certificate: readFileSync(daemon.certFile, "utf8"), key: readFileSync(daemon.keyFile, "utf8") };
    const log = { info: () => {}, error: () => {} };
    webhook = await startAdmissionServer({
      port: 0,
      host: "127.0.0.1",
      tls: () => tls,
      log,
      decide: async ({ object, namespace }) => decide(object, namespace, RULES, view),
    });
    await must(server, "POST", HOOKS, {
      metadata: { name: "chaosgate" },
      webhooks: [
        {
          name: "chaosgate.chaosgate.dev",
          admissionReviewVersions: ["v1"],
          sideEffects: "None",
          failurePolicy: "Fail",
          timeoutSeconds: 5,
          clientConfig: {
            url: `https://127.0.0.1:${webhook.port}/validate`,
            caBundle: readFileSync(caFile).toString("base64"),
          },
          rules: [
            { apiGroups: ["chaos-mesh.org"], apiVersions: ["v1alpha1"], operations: ["CREATE"], resources: ["*"] },
          ],
        },
      ],
    });
    // A configuration is in force a moment after it is written.
    await eventually(async () => (await create("NetworkChaos", "staging", { spec: {} }, "?dryRun=All")).status >= 400);
  }, 180_000);
  afterAll(async () => {
    await webhook?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  function create(kind: string, namespace: string, object: object, query = "") {
    const whole = { apiVersion: "chaos-mesh.org/v1alpha1", kind, metadata: { generateName: "o-" }, ...object };
    return server.call("POST", `${chaosPath(kind, namespace)}${query}`, whole);
  }

  it.each(CASES.map((one, at) => ({ ...one, object: objectOf(one, `case-${at}`) })))(
    "decides as the policy in CEL does: $name",
    async ({ kind, object, namespace = "staging", refused }) => {
      const { status, body } = await create(kind, namespace, object);
      if (refused === undefined) expect({ status, body }).toMatchObject({ status: 201 });
      else expect(status < 300 ? "it was allowed" : body).toMatch(SAYS[refused]);
    },
  );

  it("says what the linter says, with the field", async () => {
    const spec = { action: "pod-kill", mode: "fixed", value: "none", selector: { namespaces: ["staging"] } };
    expect((await create("PodChaos", "staging", { spec })).body).toContain("spec.value");
  });

  const permitting: ClusterPolicy = {
    name: "staging",
    namespaces: { names: ["staging"], matchLabels: {} },
    protectedNamespaces: [],
    pairings: [],
    kinds: [],
    caps: { pods: 3 },
    requiredLabels: {},
    ticketKeys: [],
    engines: ["chaos-mesh"],
  };
  const kill = (mode: object) => ({
    spec: { action: "pod-kill", selector: { labelSelectors: { app: "cart" } }, ...mode },
  });

  it.each([
    { name: "three of ten", mode: { mode: "fixed", value: "3" }, policies: [permitting], says: undefined },
    { name: "all of ten, over the cap", mode: { mode: "all" }, policies: [permitting], says: "the policy's cap is 3" },
    {
      name: "one, where only chaosgate may inject",
      mode: { mode: "one" },
      policies: [{ ...permitting, engines: ["builtin"] }],
      says: "the chaos-mesh engine may not inject",
    },
    {
      name: "one, where only tickets are good",
      mode: { mode: "one" },
      policies: [{ ...permitting, ticketKeys: ["key-1"] }],
      says: "tickets signed by key",
    },
    { name: "one, where the owners permit nothing", mode: { mode: "one" }, policies: [], says: "no ChaosPolicy" },
  ])("counts whom an object would hit now, beside the cluster's policies: $name", async ({ mode, policies, says }) => {
    const cart = pods("cart", 10, { labels: { app: "cart" } });
    view = { snapshot: aClusterWith(cart), policies, at: Date.now() };
    const { status, body } = await create("PodChaos", "staging", kill(mode));
    expect({ status, says: says === undefined ? true : body.includes(says) }).toEqual({
      status: says === undefined ? 201 : 403,
      says: true,
    });
    view = undefined;
  });

  it("lets nothing be created while nobody answers, and everything be ended", async () => {
    const path = `${chaosPath("PodChaos", "staging")}`;
    const spec = { action: "pod-kill", mode: "one", selector: { namespaces: ["staging"] } };
    const made = JSON.parse((await create("PodChaos", "staging", { spec })).body).metadata.name;
    await webhook.close();
    const { status, body } = await create("PodChaos", "staging", { spec });
    expect({ status, body }).toMatchObject({ status: 500, body: expect.stringContaining("failed calling webhook") });
    await must(server, "PATCH", `${path}/${made}`, { metadata: { annotations: { paused: "true" } } });
    await must(server, "DELETE", `${path}/${made}`);
  });
});
