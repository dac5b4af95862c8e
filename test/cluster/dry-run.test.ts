import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiServer, startApiServer, whyNot } from "./support/api-server.ts";

// The CRDs of Chaos Mesh are data of others and no part of this repository: without ../shared/crds there is nothing to ask about.
// There are CRDs and no webhooks, which is a real difference from Chaos Mesh as it is installed, and must be found.

const ROOT = resolve(import.meta.dirname, "../..");
const CRDS = join(ROOT, "../shared/crds");
const missing = whyNot() ?? (existsSync(CRDS) ? undefined : "no ../shared/crds");

const manifest = (name: string, spec: string, namespace = "staging") => `# kept
apiVersion: chaos-mesh.org/v1alpha1
kind: PodChaos
metadata:
  name: ${name}
  namespace: ${namespace}
spec:
  action: pod-kill
  selector: { namespaces: [${namespace}], labelSelectors: { app: cart } }
${spec}`;

describe.skipIf(missing !== undefined)(`lint --cluster${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let cluster: ApiServer;
  const folder = mkdtempSync(join(tmpdir(), "chaosgate-lint-"));
  beforeAll(async () => {
    cluster = await startApiServer();
    await cluster.call("POST", "/api/v1/namespaces", { metadata: { name: "staging" } });
  }, 180_000);
  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    await cluster?.stop();
  });

  const lint = (text: string, who: Parameters<ApiServer["kubeconfig"]>[0] = "admin") => {
    const file = join(folder, "m.yaml");
    writeFileSync(file, text);
    const words = ["lint", "--format", "json", "--cluster", "--kubeconfig", cluster.kubeconfig(who), file];
    return chaosgate(words);
  };

  it("says that Chaos Mesh is not installed", async () => {
    const { code, err } = await lint(manifest("a", "  mode: one\n"));
    expect(code).toBe(2);
    expect(err).toContain("has no chaos-mesh.org/v1alpha1");
  });

  it("agrees, differs either way, and stores nothing", async () => {
    await install(cluster);
    const [good, repeated, webhook, elsewhere] = JSON.parse(
      (
        await lint(
          [
            manifest("good", "  mode: one\n"),
            manifest("repeated", "  mode: one\n  mode: all\n"),
            manifest("webhook", '  mode: fixed\n  value: "0"\n'),
            manifest("elsewhere", "  mode: one\n", "nowhere"),
          ].join("---\n"),
        )
      ).out,
    );
    expect(good).toMatchObject({ answer: "accept" });
    expect(codesOf(good)).not.toContain("cluster-answer");
    expect(repeated).toMatchObject({ answer: "reject" });
    expect(codesOf(repeated)).not.toContain("cluster-answer");
    // Only the webhook, which is not there, refuses a count of 0.
    expect(webhook).toMatchObject({ answer: "accept" });
    expect(codesOf(webhook)).toContain("cluster-answer");
    expect(JSON.stringify(elsewhere)).toContain("the cluster could not judge this: namespaces");
    const stored = await cluster.call("GET", "/apis/chaos-mesh.org/v1alpha1/podchaos");
    expect(JSON.parse(stored.body).items).toEqual([]);
  });

  it("finds what only this cluster refuses", async () => {
    await refuseMode(cluster, "all");
    await expect
      .poll(async () => codesOf(JSON.parse((await lint(manifest("b", "  mode: all\n"))).out)[0]), { timeout: 60_000 })
      .toContain("cluster-answer");
    const { code } = await lint(manifest("b", "  mode: all\n"));
    expect(code).toBe(1);
  });

  it("accepts what exists already", async () => {
    const path = "/apis/chaos-mesh.org/v1alpha1/namespaces/staging/podchaos";
    expect((await cluster.call("POST", path, manifest("there", "  mode: one\n"))).status).toBe(201);
    expect(JSON.parse((await lint(manifest("there", "  mode: one\n"))).out)[0]).toMatchObject({ answer: "accept" });
  });

  it("says which right the account lacks", async () => {
    const { code, err } = await lint(manifest("a", "  mode: one\n"), "reader");
    expect(code).toBe(2);
    expect(err).toContain('User "reader" cannot create resource "podchaos"');
  });
});

function codesOf({ problems }: { readonly problems: readonly { readonly code: string }[] }): readonly string[] {
  return problems.map(({ code }) => code);
}

function chaosgate(words: readonly string[]): Promise<{ code: number; out: string; err: string }> {
  const argv = [join(ROOT, "src/entrypoints/cli.ts"), ...words];
  return new Promise((resolve) => {
    execFile(process.execPath, argv, (error, out, err) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err }),
    );
  });
}

async function install(cluster: ApiServer): Promise<void> {
  const file = readdirSync(CRDS).find((name) => name.endsWith("_podchaos.yaml")) ?? "";
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const { status, body } = await cluster.call("POST", path, readFileSync(join(CRDS, file), "utf8"));
  if (status !== 201) throw new Error(body);
  await expect
    .poll(async () => (await cluster.call("GET", "/apis/chaos-mesh.org/v1alpha1/podchaos")).status, { timeout: 60_000 })
    .toBe(200);
}

/** A policy of the cluster's owner, which no chaosgate can know. */
async function refuseMode(cluster: ApiServer, mode: string): Promise<void> {
  const base = "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolic";
  await cluster.call("POST", `${base}ies`, {
    metadata: { name: "modes" },
    spec: {
      matchConstraints: {
        resourceRules: [
          { apiGroups: ["chaos-mesh.org"], apiVersions: ["*"], operations: ["CREATE"], resources: ["podchaos"] },
        ],
      },
      validations: [{ expression: `object.spec.mode != '${mode}'`, message: `mode ${mode} is not for this cluster` }],
    },
  });
  await cluster.call("POST", `${base}ybindings`, {
    metadata: { name: "modes" },
    spec: { policyName: "modes", validationActions: ["Deny"] },
  });
}
