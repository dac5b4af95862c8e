// What a cluster itself says to a manifest: its very bytes enter, sent as a server-side dry run with strict field validation, so that
// schema, webhooks and policies of the cluster judge them and nothing is stored; the cluster's answer leaves.

import { type Api, refusal } from "./api.ts";
import { record, refused } from "./list.ts";

export type ClusterAnswer = {
  readonly answer: "accept" | "reject" | "unasked";
  /** Its own words, where it did not accept. */
  readonly message: string;
};

export type Asked = { readonly kind: string; readonly namespace: string; readonly bytes: Uint8Array };

type Resource = { readonly plural: string; readonly namespaced: boolean };

const GROUP = "/apis/chaos-mesh.org/v1alpha1";

/** Asks one cluster about many manifests. Refuses where Chaos Mesh's kinds are not installed there. */
export async function openDryRun(api: Api): Promise<(asked: Asked) => Promise<ClusterAnswer>> {
  const { status, body } = await api.ask({ method: "GET", path: GROUP });
  if (status === 404) {
    const message = `${api.server} has no chaos-mesh.org/v1alpha1: install Chaos Mesh's CRDs there, or lint without --cluster`;
    throw refusal("not-installed", message, { status });
  }
  if (status !== 200) throw refused(api, GROUP, status, body);
  const resources = resourcesOf(body);
  return (asked) => dryRun(api, resources, asked);
}

async function dryRun(api: Api, resources: ReadonlyMap<string, Resource>, asked: Asked): Promise<ClusterAnswer> {
  const resource = resources.get(asked.kind);
  if (resource === undefined) return { answer: "unasked", message: `the cluster has no kind ${asked.kind}` };
  const namespace = encodeURIComponent(asked.namespace || api.namespace);
  const path = `${GROUP}${resource.namespaced ? `/namespaces/${namespace}` : ""}/${resource.plural}`;
  const query = { dryRun: "All", fieldValidation: "Strict", fieldManager: "chaosgate" };
  // As YAML and not as JSON: only so does the server see a field that stands twice.
  const bodyOfYaml = { type: "application/yaml", bytes: asked.bytes };
  const { status, body } = await api.ask({ method: "POST", path, query, body: bodyOfYaml });
  return answerOf(api, path, status, body);
}

/**
 * Refusals of the account or of the namespace say nothing about the manifest. An object of that name that exists already is found
 * out when the store is asked, after all validation and admission (k8s.io/apiserver registry/generic/registry/store.go, Create).
 */
function answerOf(api: Api, path: string, status: number, body: unknown): ClusterAnswer {
  const { message, reason, details } = record(body);
  const said = typeof message === "string" ? message.slice(0, 4000) : `status ${status}`;
  if (status < 300 || (status === 409 && reason === "AlreadyExists")) return { answer: "accept", message: "" };
  if (status === 401 || (status === 403 && isAuthorization(said))) throw refused(api, path, status, body);
  if (status === 404 && record(details).kind === "namespaces") return { answer: "unasked", message: said };
  if (status >= 500 || status === 429) throw refused(api, path, status, body);
  return { answer: "reject", message: said };
}

/** Admission answers 403 as well, but names itself; RBAC's sentence names the user. */
function isAuthorization(message: string): boolean {
  return /forbidden: User ".*" cannot create resource /.test(message);
}

function resourcesOf(body: unknown): ReadonlyMap<string, Resource> {
  const { resources } = record(body);
  const known = (Array.isArray(resources) ? resources : []).map(record).flatMap(({ name, kind, namespaced }) => {
    if (typeof name !== "string" || typeof kind !== "string" || name.includes("/")) return [];
    return [[kind, { plural: name, namespaced: namespaced === true }] as const];
  });
  return new Map(known);
}
