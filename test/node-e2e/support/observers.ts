import { spawn } from "node:child_process";
import { type Cluster, KUBECTL } from "./cluster.ts";
import { type Line, openLine } from "./line.ts";
import { LOOKS, type LookName, type Looks } from "./looks.ts";

/** Those who look at what is felt and left, on each node. */
export type Observers = {
  readonly nodes: readonly string[];
  on(node: string): Looks;
  /** Where it does not matter from which node somebody looks. */
  anywhere(): Looks;
};

/** This machine is the only node. */
export function observersHere(node: string): Observers {
  return { nodes: [node], on: () => LOOKS, anywhere: () => LOOKS };
}

export const OBSERVERS_NAMESPACE = "chaosgate-observers";
/** Where looks.ts is in the observers' image. */
export const PROGRAM = "/test/node-e2e/support/looks.ts";

/** A pod on each node, in which looks.ts runs until `end`; `pods` are their names by their nodes'. */
export function observersIn(
  cluster: Cluster,
  pods: ReadonlyMap<string, string>,
): Observers & { readonly end: () => void } {
  const lines = new Map([...pods].map(([node, pod]) => [node, lineTo(cluster, pod)]));
  const on = (node: string): Looks => {
    const line = lines.get(node);
    if (line === undefined) throw new Error(`no observer stands on ${node}, but on ${[...pods.keys()].join(", ")}`);
    return looksOf(line);
  };
  const nodes = [...pods.keys()];
  return { nodes, on, anywhere: () => on(nodes[0] ?? ""), end: () => lines.forEach((line) => void line.end()) };
}

function lineTo({ kubeconfig }: Cluster, pod: string): Line {
  const program = ["/usr/bin/node", PROGRAM];
  const words = ["exec", "--stdin", "-n", OBSERVERS_NAMESPACE, pod, "--", ...program];
  return openLine(() => spawn(KUBECTL, words, { env: { ...process.env, KUBECONFIG: kubeconfig } }));
}

function looksOf(line: Line): Looks {
  async function told<T>(name: LookName, words: readonly unknown[]): Promise<T> {
    return (await line.ask({ name, words })) as T;
  }
  return {
    kernelLists: (...words) => told("kernelLists", words),
    connectTimes: (...words) => told("connectTimes", words),
    writeTime: (...words) => told("writeTime", words),
    foreignIn: (...words) => told("foreignIn", words),
    clockOf: (...words) => told("clockOf", words),
    processes: (...words) => told("processes", words),
    keep: (...words) => told("keep", words),
    forget: (...words) => told("forget", words),
    fetched: (...words) => told("fetched", words),
    reaches: (...words) => told("reaches", words),
  };
}

/** Root among the node's processes: observers enter namespaces, and read a victim's mounts and vDSO. `folder` is the node's that they write. */
export function observerObjects(images: string, folder: string): readonly object[] {
  const labels = { "app.kubernetes.io/name": "chaosgate-observer" };
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: OBSERVERS_NAMESPACE } },
    {
      apiVersion: "apps/v1",
      kind: "DaemonSet",
      metadata: { name: "observer", namespace: OBSERVERS_NAMESPACE },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            hostPID: true,
            automountServiceAccountToken: false,
            terminationGracePeriodSeconds: 1,
            containers: [
              {
                name: "observer",
                image: `${images}/observer:1`,
                args: ["-e", "setInterval(() => {}, 1 << 30)"],
                securityContext: { privileged: true },
                volumeMounts: [{ name: "folder", mountPath: folder }],
              },
            ],
            volumes: [{ name: "folder", hostPath: { path: folder, type: "DirectoryOrCreate" } }],
          },
        },
      },
    },
  ];
}
