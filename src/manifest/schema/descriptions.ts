import { CONTAINER_FAULTS } from "./descriptions/container-faults.ts";
import { EVERYWHERE } from "./descriptions/everywhere.ts";
import { FLOW } from "./descriptions/flow.ts";
import { MACHINES } from "./descriptions/machines.ts";
import { NETWORK } from "./descriptions/network.ts";

// What each field is, in our words. A key is the end of a path: `latency` is said wherever a field has that name,
// `networkChaos.delay.latency` only there, and the longest key that fits is taken.

export const DESCRIPTIONS: ReadonlyMap<string, string> = new Map(
  [EVERYWHERE, NETWORK, CONTAINER_FAULTS, MACHINES, FLOW].flatMap((part) => Object.entries(part)),
);

/** The description of the field at this path. */
export function descriptionAt(path: readonly string[]): string | undefined {
  const key = keyAt(path);
  return key === undefined ? undefined : DESCRIPTIONS.get(key);
}

/** The longest end of the path that has a description. */
export function keyAt(path: readonly string[]): string | undefined {
  return path.map((_, index) => path.slice(index).join(".")).find((key) => DESCRIPTIONS.has(key));
}
