import type { Api } from "./api.ts";
import { GROUP, VERSION } from "./crd/definition.ts";
import type { ClusterFacts, InstallationFacts } from "./diagnose.ts";
import { type Item, listAll, record, refused } from "./list.ts";
import { readPolicy } from "./read-policy.ts";

const OWN = `/apis/${GROUP}/${VERSION}`;

/** Reads what `diagnoseInstallation` looks at, with fewer rights than the whole needs; changes nothing. */
export async function examineInstallation(api: Api, namespace: string, nowMs: number): Promise<InstallationFacts> {
  const own = encodeURIComponent(namespace);
  const [ownKinds, nodes, pods, lease] = await Promise.all([
    resourcesOf(api, OWN),
    listAll(api, "/api/v1/nodes"),
    listAll(api, `/api/v1/namespaces/${own}/pods`),
    found(api, `/apis/coordination.k8s.io/v1/namespaces/${own}/leases/chaosgate-runner`),
  ]);
  const renewed = Date.parse(String(record(lease?.spec).renewTime));
  return {
    namespace,
    ownKinds,
    nodes: nodes.map(nameOf),
    pods: pods.map(podOf),
    ...(!Number.isNaN(renewed) && { leaseAgeMs: nowMs - renewed }),
  };
}

/** Reads what `diagnose` looks at, as whoever the kubeconfig says; changes nothing. */
export async function examine(api: Api, namespace: string, nowMs: number): Promise<ClusterFacts> {
  const installation = await examineInstallation(api, namespace, nowMs);
  const { ownKinds } = installation;
  const list = (path: string, kind: string) => (ownKinds.includes(kind) ? listAll(api, path) : Promise.resolve([]));
  const [namespaces, policies, bindings, runs, chaosMesh, admission] = await Promise.all([
    listAll(api, "/api/v1/namespaces"),
    list(`${OWN}/chaospolicies`, "chaospolicies"),
    listAll(api, "/apis/rbac.authorization.k8s.io/v1/rolebindings"),
    list(`${OWN}/namespaces/${encodeURIComponent(namespace)}/chaosruns`, "chaosruns"),
    resourcesOf(api, "/apis/chaos-mesh.org/v1alpha1"),
    listAll(api, "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings"),
  ]);
  return {
    ...installation,
    namespaces: namespaces.map((item) => ({ name: nameOf(item), labels: textsOf(record(item.metadata).labels) })),
    policies: policies.map(readPolicy),
    consents: bindings
      .filter(({ roleRef }) => record(roleRef).name === "chaosgate-consent")
      .map(({ metadata }) => String(record(metadata).namespace)),
    runs: runs.map(runOf),
    hasChaosMesh: chaosMesh.length > 0,
    hasAdmission: admission.some((item) => nameOf(item).startsWith("chaosgate")),
  };
}

function podOf({ metadata, spec, status }: Item): ClusterFacts["pods"][number] {
  const { conditions } = record(status);
  const ready = (Array.isArray(conditions) ? conditions : []).map(record).some(isReady);
  return {
    app: textsOf(record(metadata).labels)["app.kubernetes.io/name"] ?? "",
    node: String(record(spec).nodeName),
    ready,
  };
}

function isReady({ type, status }: Item): boolean {
  return type === "Ready" && status === "True";
}

function runOf(item: Item): ClusterFacts["runs"][number] {
  const { phase, rollback } = record(item.status);
  return { name: nameOf(item), phase: String(phase ?? ""), rollback: String(rollback ?? "") };
}

async function resourcesOf(api: Api, path: string): Promise<readonly string[]> {
  const { resources } = record(await found(api, path));
  return (Array.isArray(resources) ? resources : []).map((one) => String(record(one).name));
}

async function found(api: Api, path: string): Promise<Item | undefined> {
  const { status, body } = await api.ask({ method: "GET", path });
  if (status === 404) return undefined;
  if (status !== 200) throw refused(api, path, status, body);
  return record(body);
}

function nameOf({ metadata }: Item): string {
  return String(record(metadata).name);
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(record(value)).filter((pair): pair is [string, string] => typeof pair[1] === "string"),
  );
}
