// When the victims' pools fill up, by an observer that reads their own metrics often enough to see it.

import { setTimeout as delay } from "node:timers/promises";

export type PoolWatch = {
  /** Unix ms at which a pod's pool was first seen full after an instant. */
  firstFull(pod: string, after: number): number | undefined;
  stop(): Promise<void>;
};

const METRICS_PORT = 9100;
const EVERY_MS = 25;

/** Watches pods by their address until told to stop. */
export function watchPools(pods: readonly { readonly name: string; readonly ip: string }[]): PoolWatch {
  const seen: { readonly name: string; readonly at: number }[] = [];
  const over = new AbortController();
  const watching = pods.map(async ({ name, ip }) => {
    while (!over.signal.aborted) {
      if (await isFull(ip, over.signal)) seen.push({ name, at: Date.now() });
      await delay(EVERY_MS);
    }
  });
  return {
    firstFull: (pod, after) => seen.find(({ name, at }) => name === pod && at >= after)?.at,
    stop: async () => {
      over.abort();
      await Promise.all(watching);
    },
  };
}

async function isFull(ip: string, signal: AbortSignal): Promise<boolean> {
  try {
    const page = await (await fetch(`http://${ip}:${METRICS_PORT}/metrics`, { signal })).text();
    const value = (name: string): number => Number(new RegExp(`^${name} (\\S+)$`, "m").exec(page)?.[1]);
    return value("client_pool_in_use") >= value("client_pool_size");
  } catch {
    // A pod that is being replaced does not answer; it is not full.
    return false;
  }
}
