import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ApiServer } from "./api-server.ts";
import { eventually, must } from "./own-kinds.ts";

// What chaos-controller-manager does with an object, as far as a client can see it, written for tests: it adds the finalizer
// chaos-mesh/records, fills one record for each pod that the selector names, sets the conditions Selected, AllInjected and AllRecovered,
// keeps the rules of a pod in a PodNetworkChaos, and lets a deleted object go when every record is `Not Injected`. It touches no pod and
// no kernel: what is tried here is how chaosgate drives Chaos Mesh, not Chaos Mesh.

const ROOT = resolve(import.meta.dirname, "../../..");
const GROUP = "/apis/chaos-mesh.org/v1alpha1";
/** The CRDs of Chaos Mesh are data of others and lie beside the repository, or beside its worktrees. */
const CRDS = ["../shared/crds", "../../shared/crds"].map((path) => join(ROOT, path)).find(existsSync);
const KINDS = ["networkchaos", "dnschaos", "podnetworkchaos"];

export const noCrds = CRDS === undefined ? "no ../shared/crds" : undefined;

export type Habit = {
  /** Until every record is injected, in ms; never with Infinity. */
  injectMs: number;
  /** `forced` takes the finalizer off and recovers nothing, as the annotation cleanFinalizer: forced has it. */
  recovery: "prompt" | "slow" | "stuck" | "failing-twice" | "forced";
};

export type Controller = { readonly habit: Habit; readonly stop: () => Promise<void> };

const SLOW_MS = 2_500;

/** Installs Chaos Mesh's own CRDs. */
export async function installChaosMesh(cluster: ApiServer): Promise<void> {
  for (const kind of KINDS) {
    const text = readFileSync(join(CRDS ?? "", `chaos-mesh.org_${kind}.yaml`), "utf8");
    await must(cluster, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", text);
    await eventually(async () => (await cluster.call("GET", `${GROUP}/${kind}`)).status === 200);
  }
}

/** Starts the controller; what it does is changed by changing `habit`. */
export function startController(cluster: ApiServer): Controller {
  const habit: Habit = { injectMs: 100, recovery: "prompt" };
  const over = new AbortController();
  const tries = new Map<string, number>();
  const working = (async () => {
    while (!over.signal.aborted) {
      for (const kind of ["networkchaos", "dnschaos"]) {
        const { items } = await must(cluster, "GET", `${GROUP}/${kind}`);
        for (const item of items) await tend(cluster, kind, item, habit, tries);
      }
      await sleep(50);
    }
  })();
  return {
    habit,
    stop: async () => {
      over.abort();
      await working;
    },
  };
}

type Chaos = {
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly uid: string;
    readonly creationTimestamp: string;
    readonly deletionTimestamp?: string;
    readonly finalizers?: readonly string[];
  };
  readonly spec: { readonly selector: { readonly pods?: Readonly<Record<string, readonly string[]>> } };
  readonly status?: { readonly experiment?: { readonly containerRecords?: readonly { readonly phase: string }[] } };
};

async function tend(cluster: ApiServer, kind: string, item: Chaos, habit: Habit, tries: Map<string, number>) {
  const { metadata } = item;
  const path = `${GROUP}/namespaces/${metadata.namespace}/${kind}/${metadata.name}`;
  const phase = item.status?.experiment?.containerRecords?.[0]?.phase;
  if (metadata.deletionTimestamp !== undefined) return recover(cluster, path, item, habit, tries);
  const age = Date.now() - (firstSeen.get(metadata.uid) ?? Date.now());
  if (!firstSeen.has(metadata.uid)) firstSeen.set(metadata.uid, Date.now());
  if (metadata.finalizers === undefined)
    await cluster.call("PATCH", path, {
      metadata: { finalizers: ["chaos-mesh/records"] },
      status: statusOf(item, "Not Injected"),
    });
  else if (phase === "Not Injected" && age >= habit.injectMs) {
    await cluster.call("PATCH", path, { status: statusOf(item, "Injected") });
    if (kind === "networkchaos") await rules(cluster, item, [{ type: "netem", source: sourceOf(item) }]);
  }
}

/** The API server's instants are whole seconds. */
const firstSeen = new Map<string, number>();

async function recover(cluster: ApiServer, path: string, item: Chaos, habit: Habit, tries: Map<string, number>) {
  const { uid } = item.metadata;
  const since = deletedSeen.get(uid) ?? Date.now();
  deletedSeen.set(uid, since);
  const tried = (tries.get(uid) ?? 0) + 1;
  tries.set(uid, tried);
  if (habit.recovery === "stuck" || (habit.recovery === "failing-twice" && tried <= 20)) {
    if (tried === 1)
      await cluster.call("PATCH", path, { status: statusOf(item, "Injected", "no chaos-daemon on node-1") });
    return;
  }
  if (habit.recovery === "slow" && Date.now() - since < SLOW_MS) return;
  if (habit.recovery !== "forced") await rules(cluster, item, []);
  await cluster.call("PATCH", path, { metadata: { finalizers: null }, status: statusOf(item, "Not Injected") });
}

const deletedSeen = new Map<string, number>();

function podsOf({ spec }: Chaos): readonly (readonly [namespace: string, pod: string])[] {
  return Object.entries(spec.selector.pods ?? {}).flatMap(([namespace, pods]) =>
    pods.map((pod) => [namespace, pod] as const),
  );
}

function statusOf(item: Chaos, phase: "Injected" | "Not Injected", failure?: string) {
  const at = new Date().toISOString().replace(/\.\d+Z$/, "Z");
  const events =
    failure === undefined ? [] : [{ type: "Failed", operation: "Recover", message: failure, timestamp: at }];
  const count = phase === "Injected" ? 1 : 0;
  const containerRecords = podsOf(item).map(([namespace, pod]) => ({
    id: `${namespace}/${pod}`,
    selectorKey: ".",
    phase,
    injectedCount: count,
    recoveredCount: 0,
    events,
  }));
  const injected = phase === "Injected" ? "True" : "False";
  const conditions = [
    { type: "Selected", status: "True" },
    { type: "AllInjected", status: injected },
    { type: "AllRecovered", status: injected === "True" ? "False" : "True" },
    { type: "Paused", status: "False" },
  ];
  return { conditions, experiment: { desiredPhase: "Run", containerRecords } };
}

function sourceOf({ metadata }: Chaos): string {
  return `${metadata.namespace}/${metadata.name}`;
}

async function rules(cluster: ApiServer, item: Chaos, tcs: readonly object[]): Promise<void> {
  for (const [namespace, pod] of podsOf(item)) {
    const collection = `${GROUP}/namespaces/${namespace}/podnetworkchaos`;
    const object = {
      apiVersion: "chaos-mesh.org/v1alpha1",
      kind: "PodNetworkChaos",
      metadata: { name: pod },
      spec: { tcs },
    };
    const { status } = await cluster.call("POST", collection, object);
    if (status === 409) await cluster.call("PATCH", `${collection}/${pod}`, { spec: { tcs } });
  }
}
