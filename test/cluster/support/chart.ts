import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { loadAll } from "js-yaml";
import type { ApiServer } from "./api-server.ts";

const ROOT = resolve(import.meta.dirname, "../../..");
const HELM = join(ROOT, ".cache/bin/helm");
export const CHART = join(ROOT, "charts/chaosgate");

/** Why nothing can be rendered here; nothing where it can. */
export function whyNoHelm(): string | undefined {
  return existsSync(HELM) ? undefined : "helm is not built (scripts/cluster/tools.sh helm)";
}

/** What every installation must say. */
export const NEEDED = {
  clusterId: "00000000-0000-4000-8000-000000000000",
  "runner.botUrl": "https://bot.example.com",
  "runner.repositories[0]": "acme/shop",
} as const;

// biome-ignore lint/suspicious/noExplicitAny: objects of any kind, looked at by tests alone
export type KubernetesObject = any;

/** A helm that is built from its module alone knows of no Kubernetes after 1.20. */
const KUBERNETES = "--kube-version=1.36.3";

export function helm(...words: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(HELM, [...words, KUBERNETES], { encoding: "utf8", timeout: 60_000 });
  return { code: status, out: stdout, err: stderr };
}

/** The words that set values. */
export function setting(values: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(values).map(([name, value]) => `--set=${name}=${value}`);
}

/** The chart's objects, without its CRDs. */
export function rendered(values: Readonly<Record<string, string>> = {}): readonly KubernetesObject[] {
  const words = setting({ ...NEEDED, ...values });
  const { code, out, err } = helm("template", "chaosgate", CHART, "--namespace", "chaosgate", ...words);
  if (code !== 0) throw new Error(err);
  return loadAll(out).filter((object) => object !== null && object !== undefined);
}

const PLURALS: Readonly<Record<string, string>> = {
  NetworkPolicy: "networkpolicies",
  ValidatingAdmissionPolicy: "validatingadmissionpolicies",
};
const CLUSTER_WIDE = [
  "ClusterRole",
  "ClusterRoleBinding",
  "ValidatingAdmissionPolicy",
  "ValidatingAdmissionPolicyBinding",
  "ValidatingWebhookConfiguration",
];

/** Server-side apply, as `kubectl apply --server-side` and helm 4 do it. */
export function applied(server: ApiServer, object: KubernetesObject) {
  const { apiVersion, kind, metadata } = object;
  const root = apiVersion === "v1" ? "/api/v1" : `/apis/${apiVersion}`;
  const plural = PLURALS[kind] ?? `${kind.toLowerCase()}s`;
  const place = CLUSTER_WIDE.includes(kind) ? plural : `namespaces/${metadata.namespace}/${plural}`;
  const query = "fieldManager=test&fieldValidation=Strict&force=true";
  return server.apply(`${root}/${place}/${metadata.name}?${query}`, object);
}
