import { createHash } from "node:crypto";
import type { ApiServer } from "./api-server.ts";
import { must } from "./own-kinds.ts";

// A cluster of objects alone, as KWOK keeps one: nodes that are ready and pods that run, by their status, with no kubelet anywhere. The
// container ids are ours: KWOK writes none, and a daemon is told of a victim by its container's.

/** The address of a node's daemon: loopback, another one for each. */
export function daemonAddressOf(node: number): string {
  return `127.77.${Math.floor(node / 250)}.${(node % 250) + 1}`;
}

export function nodeName(node: number): string {
  return `node-${node}`;
}

/** Nodes, and a daemon's pod on each. */
export async function writeNodes(server: ApiServer, count: number): Promise<void> {
  await inBatches(count, async (n) => {
    const [high, low] = [Math.floor(n / 250), n % 250];
    const podCIDR = `10.${100 + high}.${low}.0/24`;
    await must(server, "POST", "/api/v1/nodes", {
      metadata: { name: nodeName(n) },
      spec: { podCIDR, podCIDRs: [podCIDR] },
    });
    const addresses = [{ type: "InternalIP", address: `192.168.${high}.${low + 1}` }];
    const conditions = [{ type: "Ready", status: "True", reason: "KubeletReady" }];
    await must(server, "PATCH", `/api/v1/nodes/${nodeName(n)}/status`, { status: { addresses, conditions } });
    const labels = { "app.kubernetes.io/name": "chaosgated" };
    await aPod(server, { namespace: "chaosgate", name: `chaosgated-${n}`, node: n, ip: daemonAddressOf(n), labels });
  });
}

/** Pods of `staging`, in turn on the nodes, with the labels that each is given. */
export async function writePods(
  server: ApiServer,
  count: number,
  nodes: number,
  labelsOf: (pod: number) => Readonly<Record<string, string>>,
): Promise<void> {
  await inBatches(count, (n) => {
    const ip = `10.${100 + Math.floor((n % nodes) / 250)}.${(n % nodes) % 250}.${Math.floor(n / nodes) + 10}`;
    const name = `web-${createHash("sha256").update(`pod ${n}`).digest("hex").slice(0, 15)}`;
    return aPod(server, { namespace: "staging", name, node: n % nodes, ip, labels: labelsOf(n) });
  });
}

type Pod = {
  readonly namespace: string;
  readonly name: string;
  readonly node: number;
  readonly ip: string;
  readonly labels: Readonly<Record<string, string>>;
};

async function aPod(server: ApiServer, { namespace, name, node, ip, labels }: Pod): Promise<void> {
  const collection = `/api/v1/namespaces/${namespace}/pods`;
  const env = Array.from({ length: 10 }, (_, at) => ({ name: `VARIABLE_${at}`, value: "what nobody reads of a pod" }));
  const spec = { nodeName: nodeName(node), containers: [{ name: "main", image: "none.invalid/none", env }] };
  await must(server, "POST", collection, { metadata: { name, labels }, spec });
  const startedAt = "2026-11-27T00:00:00Z";
  const containerID = `containerd://${createHash("sha256").update(name).digest("hex")}`;
  const started = { name: "main", ready: true, restartCount: 0, image: "none.invalid/none", imageID: "", containerID };
  const status = {
    phase: "Running",
    podIP: ip,
    podIPs: [{ ip }],
    conditions: ["Initialized", "Ready", "ContainersReady", "PodScheduled"].map((type) => ({ type, status: "True" })),
    containerStatuses: [{ ...started, state: { running: { startedAt } } }],
  };
  await must(server, "PATCH", `${collection}/${name}/status`, { status });
}

async function inBatches(count: number, make: (n: number) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < count; first += 50)
    await Promise.all(Array.from({ length: Math.min(50, count - first) }, (_, at) => make(first + at)));
}
