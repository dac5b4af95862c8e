import { readFileSync, watchFile } from "node:fs";

export type Endpoints = Readonly<Record<string, readonly string[]>>;

/** Where a service is now: `address()` lists `ip:port` of its ready pods, and `changed` hears when the list is another one. */
export type Followed = { addresses(): readonly string[] };

const LOOK_EVERY_MS = 200;

/** Follows the addresses of `namespace/service` in the endpoints file that the cluster rewrites. */
export function followService(
  file: string,
  service: string,
  changed: (addresses: readonly string[]) => void = () => {},
): Followed {
  let current = addressesIn(file, service);
  watchFile(file, { interval: LOOK_EVERY_MS }, () => {
    const next = addressesIn(file, service);
    if (next.join() === current.join()) return;
    current = next;
    changed(next);
  });
  return { addresses: () => current };
}

function addressesIn(file: string, service: string): readonly string[] {
  const endpoints = JSON.parse(readFileSync(file, "utf8")) as Endpoints;
  return [...(endpoints[service] ?? [])].sort();
}
