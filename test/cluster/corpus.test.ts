import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AdmissionServer, startAdmissionServer } from "../../src/admission/server.ts";
import { systemClock as clock } from "../../src/clock.ts";
import { makeKeys } from "../../src/entrypoints/playground/keys.ts";
import { judgeBeside } from "../../src/entrypoints/runner/admission.ts";
import { openApi } from "../../src/kubernetes/api.ts";
import { type KubernetesCluster, openKubernetesCluster } from "../../src/kubernetes/cluster.ts";
import { RULES } from "../admission/cases.ts";
import { linterErrors, policyErrors } from "../admission/expected.ts";
import { CORPUS_IS_HERE, corpusRows, type Row } from "../manifest/support/corpus.ts";
import { objectsIn } from "../manifest/support/plain-value.ts";
import { type ApiServer, startApiServer, whyNot } from "./support/api-server.ts";
import { aKindOfChaosMesh, chaosPath } from "./support/chaos-kinds.ts";
import { applied, type KubernetesObject, rendered, whyNoHelm } from "./support/chart.ts";
import { aNamespace, aNode, aRunningPod } from "./support/objects.ts";
import { eventually, installOwnKinds, must } from "./support/own-kinds.ts";
import { bindRunner } from "./support/runner-role.ts";

// Every manifest of the corpus, written to a real API server as its file says it, with the chart's policy in CEL and its webhook in
// force. The kinds here take any fields, so that every refusal of a field is admission's own.

const missing = whyNot() ?? whyNoHelm() ?? (CORPUS_IS_HERE ? undefined : "the corpus is not beside the repository");
const POLICIES = "/apis/chaosgate.dev/v1alpha1/chaospolicies";
const OURS = /chaosgate/;

describe.skipIf(missing !== undefined)(`admission of the corpus${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "chaosgate-corpus-"));
  const over = new AbortController();
  let server: ApiServer;
  let webhook: AdmissionServer;
  let cluster: KubernetesCluster;

  const policy = {
    apiVersion: "chaosgate.dev/v1alpha1",
    kind: "ChaosPolicy",
    metadata: { name: "tried" },
    spec: {
      namespaces: { names: ["staging", "default", "chaos-demo"] },
      protectedNamespaces: ["chaos-testing"],
      caps: { pods: 3, duration: "10m" },
      kinds: ["NetworkChaos", "PodChaos", "IOChaos", "TimeChaos", "StressChaos", "HTTPChaos", "DNSChaos"],
      engines: ["chaos-mesh"],
    },
  };

  beforeAll(async () => {
    server = await startApiServer();
    const { items } = await must(server, "GET", "/api/v1/namespaces");
    const there = new Set(items.map(({ metadata }: KubernetesObject) => metadata.name));
    const named = [
      "chaosgate",
      "staging",
      ...corpusRows()
        .map(placeOf)
        .flatMap((place) => place?.namespace ?? []),
    ];
    for (const name of new Set(named)) if (!there.has(name) && IS_A_NAME.test(name)) await aNamespace(server, name);
    await installOwnKinds(server);
    await bindRunner(server);
    for (const kind of KINDS) await aKindOfChaosMesh(server, kind);
    await somePods();
    const api = openApi({ kubeconfig: server.kubeconfig("reader") }, 5_000);
    const options = { api, clock, namespace: "chaosgate", daemonPort: 7443, onTrouble: () => {} };
    cluster = await openKubernetesCluster(options, over.signal);
    await must(server, "POST", POLICIES, policy);
    await eventually(async () => (await cluster.policies?.())?.length === 1);
    await installAdmission();
  }, 180_000);
  afterAll(async () => {
    over.abort();
    await webhook?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function somePods(): Promise<void> {
    await aNode(server, "node-1", "192.0.2.1", "10.244.1.0/24");
    const workloads = [
      { namespace: "staging", app: "payments", pods: 4 },
      { namespace: "default", app: "web-show", pods: 2 },
      { namespace: "chaos-demo", app: "frontend", pods: 3 },
    ];
    for (const [at, { namespace, app, pods }] of workloads.entries())
      for (let n = 0; n < pods; n++) {
        const ip = `10.244.1.${10 * (at + 1) + n}`;
        await aRunningPod(server, { namespace, name: `${app}-${n}`, node: "node-1", ip, labels: { app } });
      }
  }

  /** As the chart renders it, but for where the webhook is served. */
  async function installAdmission(): Promise<void> {
    const { daemon, caFile } = makeKeys(folder);
    const tls = { certificate: readFileSync(daemon.certFile, "utf8"), key: readFileSync(daemon.keyFile, "utf8") };
    const log = { info: () => {}, error: () => {} };
    const decide = judgeBeside({
      cluster,
      rules: RULES,
      verify: () => Promise.reject(new Error("no runs here")),
      clock,
    });
    webhook = await startAdmissionServer({ port: 0, host: "127.0.0.1", tls: () => tls, log, decide });
    const clientConfig = {
      url: `https://127.0.0.1:${webhook.port}/validate`,
      caBundle: readFileSync(caFile).toString("base64"),
    };
    const [pairing] = RULES.pairings;
    const whole = rendered({
      "admission.webhook.enabled": "true",
      "admission.pairings[0].from": pairing?.from ?? "",
      "admission.pairings[0].to": pairing?.to ?? "",
      "admission.protectedNamespaces[0]": RULES.protectedNamespaces[0] ?? "",
    });
    for (const object of whole.filter(({ kind }) => /^Validating/.test(kind))) {
      const webhooks = object.webhooks?.slice(0, 1).map((hook: KubernetesObject) => ({ ...hook, clientConfig }));
      const { status, body } = await applied(server, webhooks === undefined ? object : { ...object, webhooks });
      expect({ status, body: status < 300 ? "" : body }).toEqual({ status: 201, body: "" });
    }
    const endless = { apiVersion: "chaos-mesh.org/v1alpha1", kind: "NetworkChaos", metadata: { name: "probe" } };
    // A configuration is in force a moment after it is written: the policy says Forbidden or Invalid, the webhook Forbidden.
    await eventually(async () => (await create("NetworkChaos", "staging", endless)).status === 422);
    const unknown = { ...endless, kind: "StatusCheck", spec: {} };
    await eventually(async () => (await create("StatusCheck", "staging", unknown)).status === 403);
  }

  function create(kind: string, namespace: string, object: unknown) {
    return server.call("POST", `${chaosPath(kind, namespace)}?dryRun=All&fieldValidation=Strict`, object);
  }

  /** What the API server says of a row, and what it ought to. */
  async function answerTo(row: Row) {
    const place = placeOf(row);
    const view = { snapshot: await cluster.snapshot(), policies: (await cluster.policies?.()) ?? [] };
    const why = linterErrors(row.text);
    const expected = why.length > 0 ? why : policyErrors(row.text, view);
    const { status, body } =
      place === undefined ? { status: 400, body: "no object" } : await create(place.kind, place.namespace, row.text);
    return { id: row.id, taken: status < 300, status, body, expected, linter: why.length === 0 };
  }

  async function answers(rows: readonly Row[]) {
    const told: Awaited<ReturnType<typeof answerTo>>[] = [];
    for (let first = 0; first < rows.length; first += 16)
      told.push(...(await Promise.all(rows.slice(first, first + 16).map(answerTo))));
    return told;
  }

  it("is the linter's answer and then the policy's, for every manifest", async () => {
    const told = await answers(corpusRows());
    const wrong = told.filter(({ taken, expected }) => taken !== (expected.length === 0));
    expect(wrong.map(({ id, status, body, expected }) => ({ id, status, body: body.slice(0, 600), expected }))).toEqual(
      [],
    );
    expect(told.length).toBeGreaterThan(690);
    // Were one of the answers always the same, the comparison would say little.
    const counts = {
      taken: told.filter(({ taken }) => taken).length,
      refusedByLinter: told.filter(({ linter }) => !linter).length,
      refusedByPolicy: told.filter(({ linter, taken }) => linter && !taken).length,
      said: told.filter(({ taken, body }) => !taken && OURS.test(body)).length,
    };
    process.stdout.write(`corpus by admission: ${JSON.stringify(counts)}\n`);
    expect(Math.min(...Object.values(counts))).toBeGreaterThan(50);
  }, 120_000);

  it("is ours: the same server takes them where admission does not look", async () => {
    const refused = corpusRows().filter(({ kind, verdict }) => kind === "PodChaos" && verdict === "reject");
    const told = await Promise.all(
      refused.map(async ({ text }) => {
        const [object] = objectsIn(text) as readonly KubernetesObject[];
        const metadata = { name: "case", namespace: "chaosgate" };
        return (await create("PodChaos", "chaosgate", { ...object, metadata, kind: "PodChaos" })).status;
      }),
    );
    expect(told.length).toBeGreaterThan(20);
    expect(told.filter((status) => status === 201).length).toBeGreaterThan(0.8 * told.length);
  });

  it("takes nothing that hits a pod once the owners' policy is gone", async () => {
    await must(server, "DELETE", `${POLICIES}/tried`);
    await eventually(async () => (await cluster.policies?.())?.length === 0);
    const told = await answers(corpusRows().filter(({ kind }) => kind === "PodChaos"));
    expect(told.filter(({ taken }) => taken)).toEqual([]);
    expect(told.filter(({ body }) => body.includes("the cluster has no ChaosPolicy")).length).toBeGreaterThan(10);
  });
});

/** What people write. */
const KINDS = [
  ...[
    "AWSChaos",
    "AzureChaos",
    "BlockChaos",
    "DNSChaos",
    "GCPChaos",
    "HTTPChaos",
    "IOChaos",
    "JVMChaos",
    "KernelChaos",
  ],
  ...[
    "NetworkChaos",
    "PhysicalMachine",
    "PhysicalMachineChaos",
    "PodChaos",
    "RemoteCluster",
    "Schedule",
    "StatusCheck",
  ],
  ...["StressChaos", "TimeChaos", "Workflow"],
];
const IS_A_NAME = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Where kubectl would send a text: the kind that it names, and its namespace or the default one. */
function placeOf({ text }: Row): { readonly kind: string; readonly namespace: string } | undefined {
  const [object] = objectsIn(text) as readonly KubernetesObject[];
  const { kind, metadata } = Object(object);
  if (typeof kind !== "string") return undefined;
  const { namespace = "default" } = Object(metadata);
  return { kind, namespace: String(namespace ?? "default") };
}
