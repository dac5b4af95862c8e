import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Part } from "../../../src/entrypoints/playground/part.ts";
import type { ApiServer } from "./api-server.ts";
import { POD_IP } from "./kwok.ts";
import { must } from "./own-kinds.ts";

// Many nodes and pods as whoever deploys them writes them: what becomes of them is KWOK's.

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
    const addresses = [
      { type: "InternalIP", address: `192.168.${high}.${low + 1}` },
      { type: "Hostname", address: nodeName(n) },
    ];
    // A kubelet registers its node with the addresses that it has.
    await must(server, "POST", "/api/v1/nodes", {
      metadata: { name: nodeName(n) },
      spec: { podCIDR, podCIDRs: [podCIDR] },
      status: { addresses },
    });
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

/** Resolves when every pod runs by what KWOK did. */
export async function allRun(server: ApiServer, kwok: Part, withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  while (performance.now() < until && kwok.running()) {
    const { items } = await must(server, "GET", "/api/v1/pods?fieldSelector=status.phase!=Running&limit=1");
    if (items.length === 0) return;
    await sleep(500);
  }
  throw new Error(`not every pod runs: ${readFileSync(kwok.logFile, "utf8").slice(-2_000)}`);
}

type Pod = {
  readonly namespace: string;
  readonly name: string;
  readonly node: number;
  readonly ip: string;
  readonly labels: Readonly<Record<string, string>>;
};

async function aPod(server: ApiServer, { namespace, name, node, ip, labels }: Pod): Promise<void> {
  const env = Array.from({ length: 10 }, (_, at) => ({ name: `VARIABLE_${at}`, value: "what nobody reads of a pod" }));
  const spec = { nodeName: nodeName(node), containers: [{ name: "main", image: "none.invalid/none", env }] };
  const metadata = { name, labels, annotations: { [POD_IP]: ip } };
  await must(server, "POST", `/api/v1/namespaces/${namespace}/pods`, { metadata, spec });
}

async function inBatches(count: number, make: (n: number) => Promise<unknown>): Promise<void> {
  for (let first = 0; first < count; first += 50)
    await Promise.all(Array.from({ length: Math.min(50, count - first) }, (_, at) => make(first + at)));
}
