import { execFileSync } from "node:child_process";
import { readdirSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import type { ClusterNode } from "./node.ts";

/** Where the container runtime puts them. */
const NETNS = "/run/netns";

/** A running pod with what an observer needs: where it is, and its first processes as the node sees them. */
export type SeenPod = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly service: string;
  readonly ip: string;
  readonly ready: boolean;
  /** First process of its first container. */
  readonly pid: number;
  /** First process of each running container, by the container's name. */
  readonly containers: Readonly<Record<string, number>>;
};

type PodObject = {
  readonly metadata: {
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
};

type ContainerStatus = { readonly name: string; readonly containerID?: string };

/** The pods of a namespace as kubectl and containerd's own tool tell of them, terminating ones left out. */
export async function podsOf(node: ClusterNode, namespace: string, service?: string): Promise<readonly SeenPod[]> {
  const { items } = JSON.parse(await node.kubectl("get", "pods", "-n", namespace, "-o", "json")) as {
    items: readonly PodObject[];
  };
  const pids = processesOf();
  return items.flatMap(({ metadata, status }) => {
    const { namespace: of, name, uid, labels = {}, deletionTimestamp } = metadata;
    const containers = containersOf(status.containerStatuses ?? [], pids);
    const pid = containers[status.containerStatuses?.[0]?.name ?? ""];
    const label = labels.service ?? labels["app.kubernetes.io/name"] ?? "";
    if (pid === undefined || deletionTimestamp !== undefined || (service !== undefined && label !== service)) return [];
    const ready = status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;
    return [{ namespace: of, name, uid, service: label, ip: status.podIP ?? "", ready, pid, containers }];
  });
}

function containersOf(
  statuses: readonly ContainerStatus[],
  pids: ReadonlyMap<string, number>,
): Readonly<Record<string, number>> {
  const found = statuses.flatMap(({ name, containerID = "" }) => {
    const pid = pids.get(containerID.replace("containerd://", ""));
    return pid === undefined ? [] : [[name, pid] as const];
  });
  return Object.fromEntries(found);
}

/** The file of the node that names a pod's network namespace; it goes with the pod, whatever becomes of its containers. */
export function netnsOf({ pid }: SeenPod): string {
  const inode = Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[0]);
  const found = readdirSync(NETNS).find((name) => statSync(join(NETNS, name)).ino === inode);
  if (found === undefined) throw new Error(`no file in ${NETNS} is the network namespace of process ${pid}`);
  return join(NETNS, found);
}

/** First process of each container, asked of containerd by its own tool and not by CRI. */
function processesOf(): ReadonlyMap<string, number> {
  const said = execFileSync("ctr", ["-n", "k8s.io", "tasks", "ls"], { encoding: "utf8" });
  const rows = said.split("\n").slice(1);
  return new Map(
    rows.flatMap((row) => {
      const [id = "", pid, state] = row.trim().split(/\s+/);
      return state === "RUNNING" || state === "PAUSED" ? [[id, Number(pid)] as const] : [];
    }),
  );
}
