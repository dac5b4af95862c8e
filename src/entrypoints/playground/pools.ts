// When the victims' pools fill up, by an observer that reads their own metrics often enough to see it.

import { setTimeout as delay } from "node:timers/promises";

export type PoolWatch = {
  /** Pod -> Unix ms at which its pool was first seen full, of those that were. */
  readonly fullAt: ReadonlyMap<string, number>;
  stop(): Promise<void>;
};

const METRICS_PORT = 9100;
const EVERY_MS = 25;

/** Watches pods by their address until told to stop. */
export function watchPools(pods: readonly { readonly name: string; readonly ip: string }[]): PoolWatch {
  const fullAt = new Map<string, number>();
  const over = new AbortController();
  const watching = pods.map(async ({ name, ip }) => {
    while (!over.signal.aborted && !fullAt.has(name)) {
      if (await isFull(ip, over.signal)) fullAt.set(name, Date.now());
      await delay(EVERY_MS);
    }
  });
  return {
    fullAt,
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
