import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { type Cluster, clusterAt, KUBECTL } from "./cluster.ts";

const run = promisify(execFile);
const SCRIPT = "scripts/cluster/kubernetes.sh";
const SERVERS = ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet"];

/** The node's parts, by the names that scripts/cluster/kubernetes.sh has for them. */
export type PartName = "etcd" | "kube-apiserver" | "kubelet" | "containerd";

/** A Kubernetes of one node, as processes of this sandbox. */
export type ClusterNode = Cluster & {
  readonly folder: string;
  /** Suspends a part with SIGSTOP, as a machine that hangs; `resume` lets it go on. */
  pause(part: PartName): void;
  resume(part: PartName): void;
  /** Ends a part with SIGTERM; `begin` starts it anew. */
  end(part: PartName): void;
  begin(part: PartName): void;
  /** Resolves when the API server answers that it and its etcd are well. */
  answers(withinMs: number): Promise<void>;
  stop(): void;
};

/** Why there can be no node here; undefined when there can. A machine that must run everything gets no excuse. */
export function whyNoNode(): string | undefined {
  if (process.env.CI === "true" || process.env.CHAOSGATE_REQUIRE === "1") return undefined;
  if (process.env.CHAOSGATE_SANDBOX !== "1") return "not inside scripts/sandbox.sh";
  if (process.getuid?.() !== 0) return "a kubelet needs root";
  const absent = [
    ...SERVERS.map((server) => `.cache/kubernetes/${server}-v1.36.3`),
    KUBECTL,
    ".cache/bin/helm",
    ".cache/target/release/chaosgated",
    "/usr/bin/containerd",
    "/usr/lib/cni/bridge",
  ].filter((path) => !existsSync(path));
  return absent.length === 0 ? undefined : `${absent.join(", ")} not there: run make e2e`;
}

/** Brings the node up and resolves when it is ready; its images are packed already. */
export async function startNode(folder: string): Promise<ClusterNode> {
  const whole = resolve(folder);
  mkdirSync(whole, { recursive: true });
  await run(SCRIPT, ["up", whole], { timeout: 180_000 });
  const cluster = clusterAt(join(whole, "pki/admin.kubeconfig"));
  const signal = (part: PartName, name: string) => execFileSync(SCRIPT, ["stop", whole, part, name]);
  return {
    ...cluster,
    folder: whole,
    pause: (part) => void signal(part, "STOP"),
    resume: (part) => void signal(part, "CONT"),
    end: (part) => void signal(part, "TERM"),
    begin: (part) => void execFileSync(SCRIPT, ["start", whole, part], { stdio: "ignore" }),
    answers: (withinMs) => answers(cluster, withinMs),
    stop: () => void execFileSync(SCRIPT, ["down", whole], { timeout: 120_000 }),
  };
}

async function answers({ kubectl }: Cluster, withinMs: number): Promise<void> {
  const until = performance.now() + withinMs;
  for (;;) {
    try {
      await kubectl("get", "--raw", "/readyz", "--request-timeout=2s");
      return;
    } catch (thrown) {
      if (performance.now() >= until) throw thrown;
      await delay(200);
    }
  }
}
