import { execFile } from "node:child_process";
import { connect } from "node:net";
import { promisify } from "node:util";
import { NAMESPACE } from "./chart.ts";
import { type Cluster, clusterAt } from "./cluster.ts";
import { eventually } from "./eventually.ts";
import { OBSERVERS_NAMESPACE, observerObjects, observersIn } from "./observers.ts";
import { ENDPOINTS_FOLDER, shopObjects } from "./shop.ts";
import { orUndone, undoAll } from "./undo.ts";
import type { World } from "./world.ts";

// A cluster that somebody gives for the story. It begins only where nothing of what it makes is there, and takes all of it away.

const run = promisify(execFile);

export type Given = {
  readonly kubeconfig: string;
  /** An address of this machine that the cluster's pods reach; that from which it speaks with the API server, without it. */
  readonly address?: string;
  readonly images: string;
  readonly ownersValues?: string;
};

/** What `make e2e KUBECONFIG=...` says; undefined where no cluster is given. */
export function givenCluster(env: NodeJS.ProcessEnv): Given | undefined {
  const { CHAOSGATE_E2E_KUBECONFIG: kubeconfig, CHAOSGATE_E2E_IMAGES: images = "docker.io/chaosgate" } = env;
  if (kubeconfig === undefined || kubeconfig === "") return undefined;
  const { CHAOSGATE_E2E_ADDRESS: address, CHAOSGATE_E2E_VALUES: ownersValues } = env;
  return {
    kubeconfig,
    images,
    ...(address !== undefined && { address }),
    ...(ownersValues !== undefined && { ownersValues }),
  };
}

/** Marks every namespace of the story, so that it takes away no other. */
const MARK = "chaosgate.dev/story";
/** The observers and a daemon that reaches files are privileged, and the shop reads a folder of the node. */
const LABELS = { [MARK]: "1", "pod-security.kubernetes.io/enforce": "privileged" };
const KINDS = ["chaosruns.chaosgate.dev", "chaospolicies.chaosgate.dev"];

/** With an observer on every node. */
export async function givenWorld(given: Given): Promise<World> {
  const cluster = marking(clusterAt(given.kubeconfig));
  const { images, ownersValues } = given;
  await takeAway(cluster);
  const taken = await alreadyThere(cluster);
  if (taken.length > 0) throw new Error(refusal(taken));
  const takeAllAway = () => takeAway(cluster);
  return orUndone(async () => {
    const observers = await placeObservers(cluster, images);
    const address = given.address ?? (await addressTowards(cluster));
    const forgetting = observers.nodes.map((node) => () => observers.on(node).forget(ENDPOINTS_FOLDER));
    return {
      cluster,
      observers,
      address,
      images,
      ...(ownersValues !== undefined && { ownersValues }),
      leave: () => undoAll([takeAllAway, () => observers.end(), ...forgetting]),
    };
  }, takeAllAway);
}

function refusal(taken: readonly string[]): string {
  return [
    `the story makes ${taken.join(", ")} and deletes them at its end, but this cluster has them already.`,
    "Give it a cluster without them; nothing was changed.",
  ].join(" ");
}

/** Objects by kubectl's names that the story would make and that are somebody else's. */
async function alreadyThere({ kubectl }: Cluster): Promise<readonly string[]> {
  const wanted = [...namespaces().map((name) => `namespace/${name}`), ...KINDS.map((kind) => `crd/${kind}`)];
  const said = await kubectl("get", ...wanted, "--ignore-not-found", "-o", "name");
  return said.split("\n").filter((name) => name !== "");
}

function namespaces(): readonly string[] {
  const ofTheShop = (shopObjects("") as readonly Named[]).filter(({ kind }) => kind === "Namespace");
  return [NAMESPACE, OBSERVERS_NAMESPACE, "monitoring", ...ofTheShop.map(({ metadata }) => metadata.name)];
}

type Named = { readonly kind?: string; readonly metadata: { readonly name: string; readonly labels?: object } };

/** Namespaces are made with the story's labels. */
function marking(cluster: Cluster): Cluster {
  const marked = (object: object): object => {
    const { kind, metadata } = object as Named;
    if (kind !== "Namespace") return object;
    return { ...object, metadata: { ...metadata, labels: { ...metadata.labels, ...LABELS } } };
  };
  return { ...cluster, apply: (...objects) => cluster.apply(...objects.map(marked)) };
}

/** All that bears the story's mark, and what its chart put beside: of this story, and of one that was interrupted. */
async function takeAway(cluster: Cluster): Promise<void> {
  const { kubectl } = cluster;
  const ours = (await kubectl("get", "ns", "-l", MARK, "-o", "name")).split("\n").filter((name) => name !== "");
  if (ours.length === 0) return;
  if (ours.includes(`namespace/${NAMESPACE}`)) {
    // Its hook ends every run, which a chart that never came up cannot: those end by their leases, if there are any.
    await uninstall(cluster).catch(() => uninstall(cluster, "--no-hooks"));
    await forgetClaims(kubectl);
    await kubectl("delete", "crd", ...KINDS, "--ignore-not-found");
  }
  await kubectl("delete", ...ours, "--ignore-not-found", "--timeout=100s");
}

async function uninstall({ kubeconfig }: Cluster, ...more: readonly string[]): Promise<void> {
  const how = ["--namespace", NAMESPACE, "--ignore-not-found", "--wait", "--timeout=100s", ...more];
  await run(".cache/bin/helm", ["uninstall", "chaosgate", ...how], { env: { ...process.env, KUBECONFIG: kubeconfig } });
}

/** A finalizer keeps what a ticket has claimed until it has expired; these tickets' key ends with the story. */
async function forgetClaims(kubectl: Cluster["kubectl"]): Promise<void> {
  const [kind = ""] = KINDS;
  if ((await kubectl("get", `crd/${kind}`, "--ignore-not-found", "-o", "name")) === "") return;
  const runs = await kubectl("get", kind, "-n", NAMESPACE, "-o", "name");
  for (const name of runs.split("\n").filter((each) => each !== ""))
    await kubectl("patch", name, "-n", NAMESPACE, "--type=merge", "-p", '{"metadata":{"finalizers":null}}');
}

async function placeObservers(cluster: Cluster, images: string): Promise<ReturnType<typeof observersIn>> {
  await cluster.apply(...observerObjects(images, ENDPOINTS_FOLDER));
  const pods = await eventually("an observer on every node", 120_000, async () => {
    const { status } = await told<SetObject>(cluster, "get", "daemonset", "observer");
    const { items } = await told<{ readonly items: readonly PodObject[] }>(cluster, "get", "pods");
    const unfit = items.flatMap((pod) => whatIsWrong(pod) ?? []);
    if (unfit.length > 0) throw new Error(`${unfit.join("; ")}. ${WHERE_IMAGES_ARE}`);
    const { desiredNumberScheduled: wanted = 0, numberReady: ready = 0 } = status;
    return wanted > 0 && ready === wanted && items.length === wanted ? items : undefined;
  });
  const placed = new Map(pods.map(({ metadata, spec }) => [spec.nodeName ?? "", metadata.name]));
  const observers = observersIn(cluster, placed);
  // A cluster may forbid to run anything in its pods, or not find its kubelets.
  await Promise.all(observers.nodes.map((node) => observers.on(node).processes([])));
  return observers;
}

async function told<T>({ kubectl }: Cluster, ...words: readonly string[]): Promise<T> {
  return JSON.parse(await kubectl(...words, "-n", OBSERVERS_NAMESPACE, "-o", "json")) as T;
}

type SetObject = { readonly status: { readonly desiredNumberScheduled?: number; readonly numberReady?: number } };
type Waiting = { readonly reason?: string; readonly message?: string };
type PodObject = Named & {
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly containerStatuses?: readonly { readonly state?: { readonly waiting?: Waiting } }[] };
};

const WHERE_IMAGES_ARE = "The images are in .cache/node-images, and docs/kubernetes.md says how a cluster gets them";

/** Waiting for an image that does not come helps nobody. */
function whatIsWrong({ spec, status }: PodObject): string | undefined {
  const { reason = "", message = "" } = status.containerStatuses?.[0]?.state?.waiting ?? {};
  return /Image/.test(reason) ? `${spec.nodeName}: ${reason}: ${message}` : undefined;
}

const WIDE = "crd,clusterroles,clusterrolebindings,validatingadmissionpolicies,validatingadmissionpolicybindings";

/** What of a story is still in its cluster, by kubectl's names. */
export async function leftIn({ kubectl }: Cluster): Promise<readonly string[]> {
  const [own, wide] = await Promise.all([
    kubectl("get", "ns", "-l", MARK, "-o", "name"),
    kubectl("get", WIDE, "-o", "name"),
  ]);
  return [...own.split("\n"), ...wide.split("\n").filter((name) => /chaosgate/.test(name))].filter(
    (name) => name !== "",
  );
}

/** From which of this machine's addresses a connection to the API server comes. */
async function addressTowards({ kubectl }: Cluster): Promise<string> {
  const server = new URL(
    (await kubectl("config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}")).trim(),
  );
  const address = await new Promise<string>((resolve, reject) => {
    const socket = connect({ host: server.hostname, port: Number(server.port || 443), timeout: 5_000 });
    socket.on("connect", () => {
      resolve((socket.localAddress ?? "").replace("::ffff:", ""));
      socket.destroy();
    });
    socket.on("timeout", () => socket.destroy(new Error(`${server.host} does not answer within 5 s`)));
    socket.on("error", reject);
  });
  if (!address.startsWith("127.") && address !== "::1") return address;
  throw new Error(
    `the API server is reached through loopback, where no pod finds this machine: say CHAOSGATE_E2E_ADDRESS=ADDRESS, one that they reach`,
  );
}
