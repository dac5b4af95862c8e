import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AdmissionServer, startAdmissionServer } from "../../src/admission/server.ts";
import { rotate, type Secrets } from "../../src/certificates/rotate.ts";
import { TERMS } from "../../src/certificates/rotation.ts";
import { subjectsIn } from "../../src/certificates/x509.ts";
import { followPair } from "../../src/daemon/tls-files.ts";
import { openApi } from "../../src/kubernetes/api.ts";
import { createWebhook } from "../../src/kubernetes/webhook.ts";
import { type ApiServer, startApiServer, whyNot } from "./support/api-server.ts";
import { aKindOfChaosMesh, chaosPath } from "./support/chaos-kinds.ts";
import { aNamespace } from "./support/objects.ts";
import { eventually, must } from "./support/own-kinds.ts";

// A webhook whose certificates are rotated while a real API server asks it: certificates live by the wall's clock, so the past is where
// they were made.

const missing = whyNot();
const HOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const DAY = 86_400_000;
const NEVER = "never in this test";

describe.skipIf(missing !== undefined)(`a rotated webhook${missing ? ` (skipped: ${missing})` : ""}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "chaosgate-rotated-"));
  const stored = new Map<string, Readonly<Record<string, string>>>();
  let server: ApiServer;
  let webhook: AdmissionServer;
  let hook: ReturnType<typeof createWebhook>;

  const secrets: Secrets = {
    read: async (name) => ({ version: "1", values: stored.get(name) ?? {} }),
    write: async (name, _, values) => void stored.set(name, { ...stored.get(name), ...values }),
  };
  const { admission, ...others } = subjectsIn("chaosgate");
  const site = () => ({
    secrets,
    subjects: { ...others, admission: { ...admission, dns: "localhost" } },
    webhook: hook,
  });
  const file = (key: string) => join(folder, key);

  /** As a kubelet does, some time after the secret was written. */
  function mount(): void {
    for (const key of ["tls.crt", "tls.key"]) {
      writeFileSync(file(`.${key}`), stored.get("chaosgate-admission-tls")?.[key] ?? "");
      renameSync(file(`.${key}`), file(key));
    }
  }

  /** What the API server says of a creation that the webhook always refuses. */
  async function asked(): Promise<string> {
    const object = {
      apiVersion: "chaos-mesh.org/v1alpha1",
      kind: "PodChaos",
      metadata: { generateName: "o-" },
      spec: {},
    };
    return (await server.call("POST", `${chaosPath("PodChaos", "staging")}?dryRun=All`, object)).body;
  }

  beforeAll(async () => {
    server = await startApiServer();
    await aNamespace(server, "staging");
    await aKindOfChaosMesh(server, "PodChaos");
    hook = createWebhook(openApi({ kubeconfig: server.kubeconfig("admin") }), "chaosgate");
    await must(server, "POST", HOOKS, {
      metadata: { name: "chaosgate" },
      webhooks: [
        {
          name: "chaosgate.chaosgate.dev",
          admissionReviewVersions: ["v1"],
          sideEffects: "None",
          failurePolicy: "Fail",
          timeoutSeconds: 5,
          clientConfig: { url: "https://localhost:1/validate" },
          rules: [
            { apiGroups: ["chaos-mesh.org"], apiVersions: ["v1alpha1"], operations: ["CREATE"], resources: ["*"] },
          ],
        },
      ],
    });
    // An authority that is due to be followed today, 500 of its 730 days old, and a certificate of it that is due as well.
    await rotate(site(), Date.now() - 500 * DAY, TERMS);
    await rotate(site(), Date.now() - 25 * DAY, TERMS);
    mount();
    const texts = {
      certificate: stored.get("chaosgate-admission-tls")?.["tls.crt"] ?? "",
      key: stored.get("chaosgate-admission-tls")?.["tls.key"] ?? "",
    };
    webhook = await startAdmissionServer({
      port: 0,
      host: "localhost",
      tls: followPair(texts, { certificate: file("tls.crt"), key: file("tls.key") }),
      log: { info: () => {}, error: () => {} },
      decide: async () => ({ allowed: false, why: [NEVER] }),
    });
    const url = `https://localhost:${webhook.port}/validate`;
    const type = { webhooks: [{ name: "chaosgate.chaosgate.dev", clientConfig: { url } }] };
    await strategically(type);
    await eventually(async () => (await asked()).includes(NEVER));
  }, 180_000);
  afterAll(async () => {
    await webhook?.close();
    await server?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  async function strategically(patch: object): Promise<void> {
    const api = openApi({ kubeconfig: server.kubeconfig("admin") });
    const body = { type: "application/strategic-merge-patch+json", bytes: Buffer.from(JSON.stringify(patch)) };
    expect((await api.ask({ method: "PATCH", path: `${HOOKS}/chaosgate`, body })).status).toBe(200);
  }

  it("is asked on, while its certificate and then its authority are replaced, and after the old one is dropped", async () => {
    const shown = () => stored.get("chaosgate-admission-tls")?.["tls.crt"];
    const before = shown();
    const quick = { ...TERMS, spreadMs: 0 };
    const said: string[] = [];
    for (let round = 0; round < 4; round += 1) {
      said.push(...(await rotate(site(), Date.now(), quick)));
      // Between the two the API server already believes what the pod does not show yet.
      expect(await asked()).toContain(NEVER);
      mount();
      expect(await asked()).toContain(NEVER);
    }
    expect(shown()).not.toBe(before);
    expect(said.filter((what) => what === "gave API servers the authorities of now")).toHaveLength(2);
    expect(said.some((what) => what.startsWith("dropped the authority"))).toBe(true);
  });

  it("would be asked no more by API servers that believe what its pods do not show", async () => {
    const { authorities } = await hook.read();
    const forgetful: Secrets = { read: async () => ({ version: "1", values: {} }), write: async () => {} };
    await rotate({ ...site(), secrets: forgetful }, Date.now(), TERMS);
    await eventually(async () => (await asked()).includes("failed calling webhook"));
    await hook.write((await hook.read()).version, authorities);
    await eventually(async () => (await asked()).includes(NEVER));
  });
});
