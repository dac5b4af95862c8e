// Who is hit, seen from outside: by the kernel's lists of each pod, before and now.

import type { RunReport } from "../../run/report.ts";
import { connectTimes, kernelLists, leftBehind, median } from "./observe.ts";
import type { Ends } from "./streams.ts";
import type { World } from "./world.ts";

type Pod = ReturnType<World["cluster"]["shop"]["state"]>["pods"][number];

export type KernelState = ReadonlyMap<string, string>;

/** The checkout pods that serve now. */
export function checkoutPods({ cluster }: World): readonly Pod[] {
  return cluster.shop.state().pods.filter(({ service, terminating }) => service === "checkout" && !terminating);
}

/** Every pod's kernel lists, by pod uid. */
export async function kernelStateOf(world: World): Promise<KernelState> {
  const { pods } = world.cluster.shop.state();
  return new Map(await Promise.all(pods.map(async ({ uid, pid }) => [uid, await kernelLists(pid)] as const)));
}

export type Residue = { readonly pod: string; readonly line: string };

/**
 * Lines that are in a pod's kernel lists now and were not in `before`, of the named pods or of all; pods that are gone have nothing.
 */
export async function residueSince(
  world: World,
  before: KernelState,
  names?: readonly string[],
): Promise<readonly Residue[]> {
  const pods = world.cluster.shop.state().pods.filter(({ name }) => names?.includes(name) ?? true);
  const found = await Promise.all(
    pods.map(async ({ uid, name, pid }) => {
      const old = before.get(uid);
      return old === undefined ? [] : leftBehind(old, await kernelLists(pid)).map((line) => ({ pod: name, line }));
    }),
  );
  return found.flat();
}

/** The ends of a stream from payment to a victim of a run. */
export function endsOf(world: World, { victims }: RunReport): Ends {
  const victim = checkoutPods(world).find(({ name }) => victims.some(({ pod }) => pod === name));
  const server = world.cluster.shop.state().pods.find(({ service }) => service === "payment");
  if (victim === undefined || server === undefined) throw new Error("the shop has no victim or no payment pod");
  return { server: { pid: server.pid, ip: server.ip }, clientPid: victim.pid };
}

export type Slowdown = {
  readonly victim: string;
  readonly bystander: string;
  readonly victimMs: readonly number[];
  readonly bystanderMs: readonly number[];
  readonly addedMs: number;
};

/** TCP connect times to payment from one victim and, at the same time, from a replica that was not selected. */
export async function measureSlowdown(world: World, victims: readonly string[], times: number): Promise<Slowdown> {
  const pods = checkoutPods(world);
  const victim = pods.find(({ name }) => victims.includes(name));
  const bystander = pods.find(({ name }) => !victims.includes(name));
  const peer = world.cluster.shop.state().pods.find(({ service }) => service === "payment");
  const port = peer?.ports.http;
  if (victim === undefined || bystander === undefined || peer === undefined || port === undefined) {
    throw new Error("the shop has no victim, no bystander or no payment pod");
  }
  const [victimMs, bystanderMs] = await Promise.all([
    connectTimes(victim.pid, peer.ip, port, times),
    connectTimes(bystander.pid, peer.ip, port, times),
  ]);
  const addedMs = median(victimMs) - median(bystanderMs);
  return { victim: victim.name, bystander: bystander.name, victimMs, bystanderMs, addedMs };
}
