import { CONSENT } from "../../../src/kubernetes/consent.ts";
import type { ApiServer } from "./api-server.ts";
import { eventually, must } from "./own-kinds.ts";

// Objects that a kubelet and controllers would make, written by hand: no controller runs beside this API server.

/** The service account as which the tests' runner comes. */
export const RUNNER = { kind: "User", name: "reader", apiGroup: "rbac.authorization.k8s.io" };

export async function aNamespace(cluster: ApiServer, name: string, labels: Readonly<Record<string, string>> = {}) {
  return must(cluster, "POST", "/api/v1/namespaces", { metadata: { name, labels } });
}

export async function aNode(cluster: ApiServer, name: string, ip: string, podCIDR: string) {
  await must(cluster, "POST", "/api/v1/nodes", { metadata: { name }, spec: { podCIDRs: [podCIDR], podCIDR } });
  const addresses = [{ type: "InternalIP", address: ip }];
  await must(cluster, "PATCH", `/api/v1/nodes/${name}/status`, { status: { addresses } });
}

export type PodWish = {
  readonly namespace: string;
  readonly name: string;
  readonly node: string;
  readonly ip: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly probes?: object;
};

/** A pod as it is once its kubelet has started it. */
export async function aRunningPod(
  cluster: ApiServer,
  { namespace, name, node, ip, labels = {}, probes = {} }: PodWish,
) {
  const pods = `/api/v1/namespaces/${namespace}/pods`;
  const owner = { apiVersion: "apps/v1", kind: "StatefulSet", name: "set", uid: "set-1", controller: true };
  const spec = { nodeName: node, containers: [{ name: "main", image: "none.invalid/none", ...probes }] };
  await must(cluster, "POST", pods, { metadata: { name, labels, ownerReferences: [owner] }, spec });
  const containerID = `containerd://${Buffer.from(name).toString("hex").padEnd(64, "0")}`;
  const started = { name: "main", ready: true, restartCount: 0, image: "none", imageID: "none", containerID };
  const status = {
    phase: "Running",
    podIP: ip,
    podIPs: [{ ip }],
    conditions: [{ type: "Ready", status: "True" }],
    containerStatuses: [{ ...started, state: { running: {} } }],
  };
  return must(cluster, "PATCH", `${pods}/${name}/status`, { status });
}

/** What the owners of a namespace do who let chaosgate disrupt its pods; resolves when the server's authorizer has heard of it. */
export async function aConsent(cluster: ApiServer, namespace: string) {
  await must(cluster, "POST", `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace}/rolebindings`, {
    metadata: { name: "chaosgate-consent" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "chaosgate-consent" },
    subjects: [RUNNER],
  });
  await mayNow(cluster, { namespace, ...CONSENT });
}

/** The authorizer follows role bindings by a watch, so what was just bound may be refused for a moment. */
export async function mayNow(cluster: ApiServer, resourceAttributes: object): Promise<void> {
  const review = { spec: { user: RUNNER.name, resourceAttributes } };
  await eventually(async () => {
    const { status } = await must(cluster, "POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", review);
    return status.allowed === true;
  });
}
