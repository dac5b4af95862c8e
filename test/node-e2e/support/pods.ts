import { readdirSync, readlinkSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Cluster } from "./cluster.ts";
import type { Observers } from "./observers.ts";

/** Where the container runtime puts them. */
const NETNS = "/run/netns";

/** A running pod with what an observer needs: where it is, and its first processes as its node sees them. */
export type SeenPod = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly service: string;
  readonly node: string;
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
  readonly spec: { readonly nodeName?: string };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
};

type ContainerStatus = { readonly name: string; readonly containerID?: string };

/** The pods of a namespace as kubectl and their nodes' /proc tell of them, terminating ones left out. */
export async function podsOf(
  { cluster, observers }: { readonly cluster: Cluster; readonly observers: Observers },
  namespace: string,
  service?: string,
): Promise<readonly SeenPod[]> {
  const { items } = JSON.parse(await cluster.kubectl("get", "pods", "-n", namespace, "-o", "json")) as {
    items: readonly PodObject[];
  };
  const nodes = Map.groupBy(items, ({ spec }) => spec.nodeName ?? "");
  const seen = [...nodes].map(async ([node, pods]) => {
    if (node === "") return []; // nobody has placed them yet
    const ids = pods.flatMap(({ status }) => (status.containerStatuses ?? []).flatMap((one) => idOf(one) ?? []));
    const processes = await observers.on(node).processes(ids);
    return pods.flatMap((pod) => seenPod(pod, node, processes) ?? []);
  });
  return (await Promise.all(seen)).flat().filter((pod) => service === undefined || pod.service === service);
}

function seenPod(
  { metadata, status }: PodObject,
  node: string,
  processes: Readonly<Record<string, number>>,
): SeenPod | undefined {
  const { namespace, name, uid, labels = {}, deletionTimestamp } = metadata;
  const containers = containersOf(status.containerStatuses ?? [], processes);
  const pid = containers[status.containerStatuses?.[0]?.name ?? ""];
  if (pid === undefined || deletionTimestamp !== undefined) return undefined;
  const service = labels.service ?? labels["app.kubernetes.io/name"] ?? "";
  const ready = status.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True") ?? false;
  return { namespace, name, uid, service, node, ip: status.podIP ?? "", ready, pid, containers };
}

function containersOf(
  statuses: readonly ContainerStatus[],
  processes: Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  const found = statuses.flatMap((status) => {
    const pid = processes[idOf(status) ?? ""];
    return pid === undefined ? [] : [[status.name, pid] as const];
  });
  return Object.fromEntries(found);
}

/** Without the runtime's name before it. */
function idOf({ containerID }: ContainerStatus): string | undefined {
  return containerID === "" ? undefined : containerID?.replace(/^\w[\w-]*:\/\//, "");
}

/** The file of the node that names a pod's network namespace; it goes with the pod, whatever becomes of its containers. */
export function netnsOf({ pid }: SeenPod): string {
  const inode = Number(/\d+/.exec(readlinkSync(`/proc/${pid}/ns/net`))?.[0]);
  const found = readdirSync(NETNS).find((name) => statSync(join(NETNS, name)).ino === inode);
  if (found === undefined) throw new Error(`no file in ${NETNS} is the network namespace of process ${pid}`);
  return join(NETNS, found);
}
