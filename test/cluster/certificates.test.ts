import { X509Certificate } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { rotate } from "../../src/certificates/rotate.ts";
import { TERMS } from "../../src/certificates/rotation.ts";
import { subjectsIn } from "../../src/certificates/x509.ts";
import { openApi } from "../../src/kubernetes/api.ts";
import { createSecrets } from "../../src/kubernetes/secrets.ts";
import { createWebhook } from "../../src/kubernetes/webhook.ts";
import { type ApiServer, startApiServer, whyNot } from "./support/api-server.ts";
import { applied, rendered, whyNoHelm } from "./support/chart.ts";
import { aNamespace, mayNow, RUNNER } from "./support/objects.ts";
import { must } from "./support/own-kinds.ts";

const missing = whyNot() ?? whyNoHelm();
const OF_THE_JOB = ["Secret", "Role", "ClusterRole"];
const HOOKED = { "admission.webhook.enabled": "true" };

describe.skipIf(missing !== undefined)(`certificates in a cluster${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let server: ApiServer;
  let secrets: ReturnType<typeof createSecrets>;
  let webhook: ReturnType<typeof createWebhook>;
  const site = () => ({ secrets, subjects: subjectsIn("chaosgate"), webhook });
  const apply = async (kinds: readonly string[]) => {
    const own = rendered(HOOKED).filter(
      ({ kind, metadata }) => kinds.includes(kind) && /authority|tls|certificates/.test(metadata.name),
    );
    for (const object of own) expect((await applied(server, object)).status).toBeLessThan(300);
    return own.map(({ metadata }) => metadata.name);
  };
  const applyHooks = async () => {
    const hooks = rendered(HOOKED).find(({ kind }) => kind === "ValidatingWebhookConfiguration");
    expect((await applied(server, hooks)).status).toBeLessThan(300);
  };
  const bundles = async () => {
    const path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/chaosgate";
    const { webhooks } = await must(server, "GET", path);
    return webhooks.map(({ clientConfig }: { clientConfig: { caBundle?: string } }) => clientConfig.caBundle);
  };
  const valuesOf = async (name: string) =>
    (await must(server, "GET", `/api/v1/namespaces/chaosgate/secrets/${name}`)).data;

  beforeAll(async () => {
    server = await startApiServer();
    await aNamespace(server, "chaosgate");
    expect(await apply(OF_THE_JOB)).toHaveLength(6);
    await must(server, "POST", "/apis/rbac.authorization.k8s.io/v1/namespaces/chaosgate/rolebindings", {
      metadata: { name: "job" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "chaosgate-certificates" },
      subjects: [RUNNER],
    });
    await must(server, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
      metadata: { name: "job" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "chaosgate-certificates" },
      subjects: [RUNNER],
    });
    await applyHooks();
    const hooks = { group: "admissionregistration.k8s.io", resource: "validatingwebhookconfigurations" };
    await mayNow(server, { ...hooks, name: "chaosgate", verb: "patch" });
    await mayNow(server, { namespace: "chaosgate", resource: "secrets", name: "chaosgate-authority", verb: "patch" });
    const api = openApi({ kubeconfig: server.kubeconfig("reader") });
    secrets = createSecrets(api, "chaosgate");
    webhook = createWebhook(api, "chaosgate");
  }, 180_000);
  afterAll(() => server?.stop());

  it("are put by the job, with its own rights, into the secrets that the chart made", async () => {
    expect(await bundles()).toEqual([undefined, undefined]);
    expect(await rotate(site(), Date.now(), TERMS)).toHaveLength(5);
    for (const [name, host] of [
      ["chaosgate-daemon-tls", "chaosgated"],
      ["chaosgate-runner-tls", "chaosgate-runner"],
      ["chaosgate-admission-tls", "chaosgate-admission.chaosgate.svc"],
    ] as const) {
      const data = await valuesOf(name);
      const read = (key: string) => new X509Certificate(Buffer.from(data[key], "base64"));
      expect(read("tls.crt").checkHost(host)).toBe(host);
      expect(read("tls.crt").verify(read("ca.crt").publicKey)).toBe(true);
    }
    const { "ca.crt": believed } = await valuesOf("chaosgate-admission-tls");
    expect(await bundles()).toEqual([believed, believed]);
    expect(await rotate(site(), Date.now(), TERMS)).toEqual([]);
  });

  it("stay when the chart is applied again", async () => {
    const before = await valuesOf("chaosgate-daemon-tls");
    const told = await bundles();
    await apply(OF_THE_JOB);
    await applyHooks();
    expect(await valuesOf("chaosgate-daemon-tls")).toEqual(before);
    expect(await bundles()).toEqual(told);
    expect(before["tls.key"]).not.toBe("");
  });

  it("are refused a writer who read before somebody else wrote", async () => {
    const { version, values } = await secrets.read("chaosgate-runner-tls");
    await secrets.write("chaosgate-runner-tls", version, { ...values, note: "first" });
    await expect(secrets.write("chaosgate-runner-tls", version, values)).rejects.toThrow(/written by somebody else/);
  });

  it("of a webhook are told by one who has read the last word", async () => {
    const { version } = await webhook.read();
    await webhook.write(version, "first");
    await expect(webhook.write(version, "second")).rejects.toThrow(/written by somebody else/);
    expect((await webhook.read()).authorities).toBe("first");
    expect(await rotate(site(), Date.now(), TERMS)).toEqual(["gave API servers the authorities of now"]);
  });

  it("are all that the job's account may see", async () => {
    await must(server, "POST", "/api/v1/namespaces/chaosgate/secrets", { metadata: { name: "chaosgate-runner-key" } });
    await expect(secrets.read("chaosgate-runner-key")).rejects.toThrow(/may not use/);
  });
});
