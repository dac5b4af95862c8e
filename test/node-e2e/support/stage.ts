import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, type GitHubSide, startGitHubSide } from "../../../src/entrypoints/playground/github-side.ts";
import { type Keys, makeKeys } from "../../../src/entrypoints/playground/keys.ts";
import { openTap, type Tap } from "../../../src/entrypoints/playground/tap.ts";
import { type Chart, chartOf } from "./chart.ts";
import type { Cluster } from "./cluster.ts";
import { deployMonitoring, deployShop, type Monitoring } from "./deploy.ts";
import { keepEndpoints, noEndpoints } from "./endpoints.ts";
import type { Looks } from "./looks.ts";
import type { ClusterNode } from "./node.ts";
import type { Observers } from "./observers.ts";
import { podsOf, type SeenPod } from "./pods.ts";
import { type Known, settings } from "./settings.ts";
import { shopObjects } from "./shop.ts";
import { orUndone, type Undo, undoAll } from "./undo.ts";
import { ownWorld, type World } from "./world.ts";

export type Stage = Monitoring & {
  readonly cluster: Cluster;
  readonly observers: Observers;
  readonly chart: Chart;
  readonly keys: Keys;
  readonly github: GitHubSide;
  readonly tap: Tap;
  pods(namespace: string, service?: string): Promise<readonly SeenPod[]>;
  /** The observer on a pod's node. */
  beside(pod: SeenPod): Looks;
  /** Deploys the shop, or what is missing of it, with its owners' consent, and waits until all of it is ready. */
  deployShop(): Promise<void>;
  /** Seconds that each step of the start took, for people. */
  readonly took: Readonly<Record<string, number>>;
  stop(): Promise<void>;
};

/** A stage on a node of our own, whose parts can be broken. */
export type OwnStage = Stage & { readonly node: ClusterNode };

export async function startOwnStage(
  folder: string,
  settingsOf: (known: Known) => string = settings,
): Promise<OwnStage> {
  const from = performance.now();
  const world = await ownWorld(folder);
  const node = secondsSince(from);
  const stage = await startStage(world, folder, settingsOf);
  return { ...stage, took: { node, ...stage.took }, node: world.node };
}

/** Chaosgate by its chart, the shop, Prometheus and Alertmanager in a cluster; GitHub's stand-in and the bot beside it. */
export async function startStage(
  world: World,
  folder: string,
  settingsOf: (known: Known) => string = settings,
): Promise<Stage> {
  const undos: Undo[] = [() => world.leave()];
  const stop = () => undoAll(undos.splice(0));
  const stage = await orUndone(() => setUp(world, folder, settingsOf, (undo) => undos.push(undo)), stop);
  return { ...stage, stop };
}

async function setUp(
  world: World,
  folder: string,
  settingsOf: (known: Known) => string,
  later: (undo: Undo) => void,
): Promise<Omit<Stage, "stop">> {
  const { cluster, observers, address } = world;
  const took: Record<string, number> = {};
  const timed = async <T>(what: string, act: () => Promise<T>): Promise<T> => {
    const from = performance.now();
    const result = await act();
    took[what] = secondsSince(from);
    return result;
  };
  const keys = makeKeys(join(folder, "keys"));
  const clusterId = (await cluster.kubectl("get", "ns", "kube-system", "-o", "jsonpath={.metadata.uid}")).trim();
  const known = { clusterId, runnerPublicKey: keys.runnerPublicKey };
  const files = { ".github/chaosgate.yml": settingsOf(known) };
  const github = await startGitHubSide({ keys, folder, files });
  later(() => github.stop());
  const door = certificateOf(folder, address);
  const tap = await openTap(github.botUrl, await freePort(), { host: address, tls: door });
  later(() => tap.close());
  await mustBeReached(world, tap.url);
  const monitoring = await timed("monitoring", () => deployMonitoring(world));
  await noEndpoints(world);
  await cluster.apply(...shopObjects(world.images));
  const endpoints = new AbortController();
  later(() => endpoints.abort());
  void keepEndpoints(world, endpoints.signal);
  const chart = chartOf({ ...world, folder, keys, door, botUrl: tap.url, ...monitoring });
  await timed("chart", () => chart.install());
  await timed("shop", () => deployShop(world));
  return {
    cluster,
    observers,
    chart,
    keys,
    github,
    tap,
    ...monitoring,
    took,
    pods: (namespace, service) => podsOf(world, namespace, service),
    beside: ({ node }) => observers.on(node),
    deployShop: () => deployShop(world),
  };
}

async function mustBeReached({ observers, address }: World, url: string): Promise<void> {
  if (await observers.anywhere().reaches(address, Number(new URL(url).port))) return;
  throw new Error(
    `no pod reaches the bot's door at ${url}: say CHAOSGATE_E2E_ADDRESS=ADDRESS, one of this machine that they reach`,
  );
}

function secondsSince(from: number): number {
  return Math.round((performance.now() - from) / 100) / 10;
}

/** A certificate of its own authority for the bot's door, as behind a company's proxy. */
function certificateOf(folder: string, address: string): { readonly cert: string; readonly key: string } {
  const [certFile, keyFile] = [join(folder, "door.crt"), join(folder, "door.key")];
  const names = ["-subj", "/CN=bot", "-addext", `subjectAltName=IP:${address}`];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", keyFile];
  execFileSync("openssl", ["req", "-x509", ...key, "-out", certFile, "-days", "2", ...names], { stdio: "ignore" });
  return { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
}
