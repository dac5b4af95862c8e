import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { NAMESPACE } from "./chart.ts";
import { eventually } from "./eventually.ts";
import type { SeenPod } from "./pods.ts";
import type { OwnStage } from "./stage.ts";

// What can break while a fault stands, by the ways in which it breaks: signals, kubectl and helm.

export type Scene = {
  readonly stage: OwnStage;
  readonly victim: SeenPod;
};

export type Outage = {
  readonly name: string;
  /** How long the experiment may last; longer than the outage, unless the run is to end by itself in the middle of it. */
  readonly duration: string;
  /** Breaks it; where something is away for a time only, resolves when it is back. */
  readonly strike: (scene: Scene) => Promise<void>;
  /** Gives back what was taken, once the victim is healed. */
  readonly mend?: (scene: Scene) => Promise<void>;
  /** Nobody can write a status before it is over. */
  readonly mute?: true;
  /** Objects that are there afterwards and should not be. */
  readonly leaves?: (stage: OwnStage) => Promise<readonly string[]>;
};

const AWAY_MS = 60_000;
const LONG = "2m";

/** The table of the issue, mildest first: what is broken last is taken away for good. */
export const OUTAGES: readonly Outage[] = [
  {
    name: "runner killed with -9, another leads",
    duration: LONG,
    strike: async ({ stage }) => kill(await leaderOf(stage), "runner", "SIGKILL"),
  },
  {
    name: "leader deleted, another leads",
    duration: LONG,
    strike: async ({ stage }) => remove(stage, await leaderOf(stage)),
  },
  frozenLeader(),
  {
    name: "every runner killed with -9, none back",
    duration: LONG,
    mute: true,
    strike: async ({ stage }) => {
      stage.node.pause("kubelet");
      for (const runner of await stage.pods(NAMESPACE, "chaosgate-runner")) kill(runner, "runner", "SIGKILL");
    },
    mend: async ({ stage }) => stage.node.resume("kubelet"),
  },
  {
    name: "daemon killed with -9, restarted",
    duration: LONG,
    strike: async ({ stage }) => kill(await daemonOf(stage), "daemon", "SIGKILL"),
  },
  {
    name: "daemon killed with -9, not restarted",
    duration: LONG,
    strike: async ({ stage }) => {
      stage.node.pause("kubelet");
      kill(await daemonOf(stage), "daemon", "SIGKILL");
    },
    mend: async ({ stage }) => stage.node.resume("kubelet"),
  },
  {
    name: "kubelet stopped",
    duration: "45s",
    strike: async ({ stage }) => stage.node.pause("kubelet"),
    mend: async ({ stage }) => stage.node.resume("kubelet"),
  },
  {
    name: "API server stopped for 60 s",
    duration: LONG,
    mute: true,
    strike: async ({ stage: { node } }) => {
      node.end("kube-apiserver");
      await delay(AWAY_MS);
      node.begin("kube-apiserver");
      await node.answers(30_000);
    },
  },
  {
    name: "etcd stopped for 60 s",
    duration: LONG,
    mute: true,
    strike: async ({ stage: { node } }) => {
      node.pause("etcd");
      await delay(AWAY_MS);
      node.resume("etcd");
      await node.answers(30_000);
    },
  },
  frozen("Prometheus gone", LONG, ({ stage }) => processOf(stage, "monitoring", "prometheus")),
  frozen("Alertmanager gone", "15s", ({ stage }) => processOf(stage, "monitoring", "alertmanager")),
  frozen("bot gone", LONG, async ({ stage }) => stage.github.bot.pid),
  {
    name: "victim deleted",
    duration: "20s",
    strike: ({ stage, victim }) => remove(stage, victim),
  },
  {
    name: "victim rescheduled",
    duration: "20s",
    strike: ({ stage, victim }) => evict(stage, victim),
  },
  {
    name: "victim crash-looping",
    duration: "40s",
    strike: async ({ stage, victim }) => {
      for (let times = 0; times < 3; times += 1) kill(await again(stage, victim), "checkout", "SIGKILL");
    },
  },
  {
    name: "node object deleted",
    duration: "25s",
    strike: async ({ stage: { node } }) => {
      await node.kubectl("delete", "node", "node-1", "--wait=false");
      // After 40 s the pods of a node that is not there are collected.
      await delay(20_000);
      // A kubelet registers its node when it starts.
      node.end("kubelet");
      node.begin("kubelet");
    },
  },
  {
    name: "namespace deleted",
    duration: LONG,
    strike: async ({ stage: { node } }) => void (await node.kubectl("delete", "ns", "staging", "--wait=false")),
    mend: async ({ stage }) => {
      const isThere = async () => (await stage.node.kubectl("get", "ns", "--no-headers")).includes("staging ");
      await eventually("the end of the namespace", 90_000, async () => !(await isThere()) || undefined);
      await stage.deployShop();
    },
  },
  {
    name: "chart upgraded",
    duration: LONG,
    strike: ({ stage }) => stage.chart.install({ runner: { logLevel: "debug" }, daemon: { maxDuration: "29m" } }),
  },
  {
    name: "chart uninstalled",
    duration: LONG,
    strike: ({ stage }) => stage.chart.uninstall(),
    leaves: ({ node }) => objectsOfOurs(node),
  },
];

/** Nothing that heals: nobody is there to renew, and those who enforce the lease stand still. */
export const NOBODY_HEALS: Outage = {
  name: "control: runners killed, daemon and keeper frozen",
  duration: LONG,
  mute: true,
  strike: async ({ stage }) => {
    stage.node.pause("kubelet");
    const daemon = await daemonOf(stage);
    for (const container of ["daemon", "keeper"]) kill(daemon, container, "SIGSTOP");
    for (const runner of await stage.pods(NAMESPACE, "chaosgate-runner")) kill(runner, "runner", "SIGKILL");
  },
  mend: async ({ stage }) => {
    const daemon = await daemonOf(stage);
    for (const container of ["daemon", "keeper"]) kill(daemon, container, "SIGCONT");
    stage.node.resume("kubelet");
  },
};

/** A leader that hangs for longer than its lease, and goes on when somebody else leads. */
function frozenLeader(): Outage {
  let frozen: SeenPod | undefined;
  return {
    name: "leader frozen, another leads, thawed",
    duration: LONG,
    strike: async ({ stage }) => {
      frozen = await leaderOf(stage);
      kill(frozen, "runner", "SIGSTOP");
      const { name } = frozen;
      await eventually("another leader", 40_000, async () => (await leadsNow(stage)) !== name || undefined);
    },
    mend: async () => {
      if (frozen !== undefined) kill(frozen, "runner", "SIGCONT");
    },
  };
}

/** Answers nobody any more, as a machine that is unplugged; its address stays. */
function frozen(name: string, duration: string, of: (scene: Scene) => Promise<number>): Outage {
  const signal = async (scene: Scene, what: NodeJS.Signals) => void process.kill(await of(scene), what);
  return {
    name,
    duration,
    strike: (scene) => signal(scene, "SIGSTOP"),
    mend: (scene) => signal(scene, "SIGCONT"),
  };
}

function kill(pod: SeenPod, container: string, signal: NodeJS.Signals): void {
  const pid = pod.containers[container];
  if (pid === undefined) throw new Error(`${pod.name} has no running container ${container}`);
  process.kill(pid, signal);
}

async function remove({ node }: OwnStage, { namespace, name }: SeenPod): Promise<void> {
  await node.kubectl("delete", "pod", name, "-n", namespace, "--wait=false");
}

async function evict({ node }: OwnStage, { namespace, name }: SeenPod): Promise<void> {
  const file = join(node.folder, "eviction.json");
  writeFileSync(file, JSON.stringify({ apiVersion: "policy/v1", kind: "Eviction", metadata: { namespace, name } }));
  await node.kubectl("create", "--raw", `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, "-f", file);
}

/** The same pod with the process that its container has now: another one than before. */
async function again(stage: OwnStage, victim: SeenPod): Promise<SeenPod> {
  const before = lastOf.get(victim.uid);
  const next = await eventually(`another start of ${victim.name}`, 60_000, async () => {
    const pod = (await stage.pods(victim.namespace)).find(({ uid }) => uid === victim.uid);
    return pod !== undefined && pod.pid !== before ? pod : undefined;
  });
  lastOf.set(victim.uid, next.pid);
  return next;
}

/** Processes of victims that were killed already, by the pod's UID. */
const lastOf = new Map<string, number>();

/** Name of the pod whose runner holds the lease. */
export async function leadsNow({ node }: OwnStage): Promise<string> {
  const words = ["get", "lease", "chaosgate-runner", "-n", NAMESPACE, "-o", "jsonpath={.spec.holderIdentity}"];
  return (await node.kubectl(...words)).split("_")[0] ?? "";
}

async function leaderOf(stage: OwnStage): Promise<SeenPod> {
  const name = await leadsNow(stage);
  const pod = (await stage.pods(NAMESPACE, "chaosgate-runner")).find((runner) => runner.name === name);
  if (pod === undefined) throw new Error(`the leader ${name} is not among the running pods`);
  return pod;
}

async function daemonOf(stage: OwnStage): Promise<SeenPod> {
  const [pod] = await stage.pods(NAMESPACE, "chaosgated");
  if (pod === undefined) throw new Error("no daemon is running");
  return pod;
}

async function processOf(stage: OwnStage, namespace: string, name: string): Promise<number> {
  const [pod] = await stage.pods(namespace, name);
  if (pod === undefined) throw new Error(`${name} is not running`);
  return pod.pid;
}

const OWN_KINDS =
  "deployments,daemonsets,replicasets,pods,jobs,configmaps,secrets,serviceaccounts,roles,rolebindings,leases,poddisruptionbudgets,networkpolicies";
const CLUSTER_KINDS =
  "clusterroles,clusterrolebindings,validatingadmissionpolicies,validatingadmissionpolicybindings,validatingwebhookconfigurations";
/** Of every namespace, and of whoever installed the chart. Claims stay, so that no ticket is used twice. */
const NOT_OURS = /kube-root-ca\.crt|serviceaccount\/default$|secret\/(chaosgate-runner-key|bot-ca)$/;

async function objectsOfOurs({ kubectl }: OwnStage["node"]): Promise<readonly string[]> {
  const own = await kubectl("get", OWN_KINDS, "-n", NAMESPACE, "-o", "name");
  const wide = await kubectl("get", CLUSTER_KINDS, "-o", "name");
  const names = [...own.split("\n"), ...wide.split("\n").filter((name) => name.includes("chaosgate"))];
  return names.filter((name) => name !== "" && !NOT_OURS.test(name));
}
