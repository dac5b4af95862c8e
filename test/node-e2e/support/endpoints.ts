import { setTimeout as delay } from "node:timers/promises";
import type { Cluster } from "./cluster.ts";
import type { Observers } from "./observers.ts";
import { podsOf, type SeenPod } from "./pods.ts";
import { ENDPOINTS_FOLDER } from "./shop.ts";

// The shop's services are found by a file on each node, because a node of ours has neither DNS nor kube-proxy: whoever deploys the shop
// keeps it, as kube-proxy would.

export type Shop = { readonly cluster: Cluster; readonly observers: Observers };

/** Writes where the shop's pods are, once a second, until it is aborted. */
export async function keepEndpoints(shop: Shop, signal: AbortSignal): Promise<void> {
  let written = "";
  while (!signal.aborted) {
    try {
      const pods = await Promise.all(["staging", "catalog", "users"].map((namespace) => podsOf(shop, namespace)));
      const files = filesOf(pods.flat());
      const text = JSON.stringify(files);
      if (text !== written) await writeFiles(shop, files);
      written = text;
    } catch {
      // The API server is away, perhaps by a test: what was known holds, as in kube-proxy.
    }
    await delay(1_000, undefined, { signal }).catch(() => {});
  }
}

/** What is there before anybody is. */
export function noEndpoints(shop: Shop): Promise<void> {
  return writeFiles(shop, filesOf([]));
}

async function writeFiles({ observers }: Shop, files: Readonly<Record<string, string>>): Promise<void> {
  await Promise.all(observers.nodes.map((node) => observers.on(node).keep(ENDPOINTS_FOLDER, files)));
}

function filesOf(pods: readonly SeenPod[]): Readonly<Record<string, string>> {
  const services = ["staging/checkout", "staging/payment", "catalog/catalog"].map((key) => {
    const of = pods.filter(({ namespace, service, ready }) => ready && `${namespace}/${service}` === key);
    return [key, of.map(({ ip }) => `${ip}:8080`)] as const;
  });
  const targets = pods.map(({ ip, namespace, name, service }) => ({
    targets: [`${ip}:9100`],
    labels: { namespace, pod: name, service, app: `${service}-service` },
  }));
  return { "endpoints.json": JSON.stringify(Object.fromEntries(services)), "targets.json": JSON.stringify(targets) };
}
