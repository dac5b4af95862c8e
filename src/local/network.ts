// Bridge, network namespaces and veth pairs, by the ip command. Only names and addresses of addresses.ts ever reach it.

import { existsSync } from "node:fs";
import { BRIDGE, type PodPlace } from "./addresses.ts";
import { runCommand } from "./run-command.ts";

/** Whether the kernel has IPv6; pods get a second address then. */
export function hasIpv6(): boolean {
  return existsSync("/proc/sys/net/ipv6");
}

/** Puts up the bridge of all pods in the caller's network namespace. */
export async function createBridge(): Promise<void> {
  const { device, ipv4, ipv4Prefix, ipv6, ipv6Prefix } = BRIDGE;
  await ipBatch(
    [],
    [
      `link add ${device} type bridge`,
      `addr add ${ipv4}/${ipv4Prefix} dev ${device}`,
      ...(hasIpv6() ? [`addr add ${ipv6}/${ipv6Prefix} dev ${device} nodad`] : []),
      `link set ${device} up`,
    ],
  );
}

/** Takes the bridge away; the pods' own namespaces go with their pods. */
export async function removeBridge(): Promise<void> {
  await runCommand(["ip", "link", "del", BRIDGE.device]);
}

/** Makes a pod's network namespace and wires its eth0 to the bridge. */
export async function createPodNetwork(place: PodPlace): Promise<void> {
  const { netns, device, ipv4, ipv6 } = place;
  await runCommand(["ip", "netns", "add", netns]);
  await ipBatch(
    [],
    [`link add ${device} type veth peer name eth0 netns ${netns}`, `link set ${device} master ${BRIDGE.device} up`],
  );
  await ipBatch(
    ["-n", netns],
    [
      `addr add ${ipv4}/${BRIDGE.ipv4Prefix} dev eth0`,
      ...(hasIpv6() ? [`addr add ${ipv6}/${BRIDGE.ipv6Prefix} dev eth0 nodad`] : []),
      "link set lo up",
      "link set eth0 up",
    ],
  );
}

/** Takes a pod's network away. The kernel ends an unnamed namespace later, at its leisure; deleting the device first is at once. */
export async function removePodNetwork({ netns, device }: PodPlace): Promise<void> {
  await runCommand(["ip", "link", "del", device]);
  await runCommand(["ip", "netns", "del", netns]);
}

async function ipBatch(where: readonly string[], lines: readonly string[]): Promise<void> {
  await runCommand(["ip", ...where, "-batch", "-"], { input: `${lines.join("\n")}\n` });
}
