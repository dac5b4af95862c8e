import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { freePort, type GitHubSide, startGitHubSide } from "../../../src/entrypoints/playground/github-side.ts";
import { type Keys, makeKeys } from "../../../src/entrypoints/playground/keys.ts";
import { openTap, type Tap } from "../../../src/entrypoints/playground/tap.ts";
import { type Chart, chartOf, NAMESPACE } from "./chart.ts";
import { type ClusterNode, startNode } from "./node.ts";
import { podsOf, type SeenPod } from "./pods.ts";
import { type Known, settings } from "./settings.ts";
import { alertmanagerObjects, ENDPOINTS_FOLDER, prometheusObjects, shopObjects } from "./shop.ts";

/** The node's own side of its pods' world: the bot's door is there, outside of the cluster. */
const OUTSIDE = "10.96.0.1";

export type Stage = {
  readonly node: ClusterNode;
  readonly chart: Chart;
  readonly keys: Keys;
  readonly github: GitHubSide;
  readonly tap: Tap;
  readonly prometheusUrl: string;
  readonly alertmanagerUrl: string;
  pods(namespace: string, service?: string): Promise<readonly SeenPod[]>;
  /** Deploys the shop, or what is missing of it, with its owners' consent, and waits until all of it is ready. */
  deployShop(): Promise<void>;
  /** Seconds that each step of the start took, for people. */
  readonly took: Readonly<Record<string, number>>;
  stop(): Promise<void>;
};

/** A real cluster with chaosgate by its chart, the shop, Prometheus and Alertmanager; GitHub's stand-in and the bot beside it. */
export async function startStage(folder: string, settingsOf: (known: Known) => string = settings): Promise<Stage> {
  const took: Record<string, number> = {};
  const timed = async <T>(what: string, act: () => Promise<T>): Promise<T> => {
    const from = performance.now();
    const result = await act();
    took[what] = Math.round((performance.now() - from) / 100) / 10;
    return result;
  };
  const keys = makeKeys(join(folder, "keys"));
  const node = await timed("node", () => startNode(folder));
  const endpoints = new AbortController();
  const clusterId = (await node.kubectl("get", "ns", "kube-system", "-o", "jsonpath={.metadata.uid}")).trim();
  const github = await startGitHubSide({
    keys,
    folder,
    files: { ".github/chaosgate.yml": settingsOf({ clusterId, runnerPublicKey: keys.runnerPublicKey }) },
  });
  const door = certificateOf(folder);
  const tap = await openTap(github.botUrl, await freePort(), { host: OUTSIDE, tls: door });
  const monitoring = await timed("monitoring", () => deployMonitoring(node));
  writeEndpoints([]);
  await node.apply(...shopObjects());
  void keepEndpoints(node, endpoints.signal);
  const chart = chartOf({ node, folder, keys, door, botUrl: tap.url, ...monitoring });
  await timed("chart", () => chart.install());
  await timed("shop", () => deployShop(node));
  return {
    node,
    chart,
    keys,
    github,
    tap,
    ...monitoring,
    took,
    pods: (namespace, service) => podsOf(node, namespace, service),
    deployShop: () => deployShop(node),
    stop: async () => {
      endpoints.abort();
      await tap.close();
      await github.stop();
      node.stop();
    },
  };
}

type Monitoring = { readonly prometheusUrl: string; readonly alertmanagerUrl: string };

async function deployMonitoring(node: ClusterNode): Promise<Monitoring> {
  const ipOf = (name: string) =>
    eventually(name, 60_000, async () => {
      const [pod] = await podsOf(node, "monitoring", name);
      return pod?.ip === "" ? undefined : pod?.ip;
    });
  await node.apply(...alertmanagerObjects());
  const alertmanager = await ipOf("alertmanager");
  await node.apply(...prometheusObjects(`${alertmanager}:9093`));
  return { prometheusUrl: `http://${await ipOf("prometheus")}:9090`, alertmanagerUrl: `http://${alertmanager}:9093` };
}

/** What the owners of the cluster and of the namespace do before anybody can be hit. */
async function consent(node: ClusterNode): Promise<void> {
  await node.apply(
    {
      apiVersion: "chaosgate.dev/v1alpha1",
      kind: "ChaosPolicy",
      metadata: { name: "staging" },
      spec: {
        namespaces: { names: ["staging"] },
        pairings: [{ from: "staging-chaos", to: "staging" }],
        caps: { pods: 5, percent: 50, duration: "2m" },
      },
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "chaosgate-consent", namespace: "staging" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "chaosgate-consent" },
      subjects: [{ kind: "ServiceAccount", name: "chaosgate-runner", namespace: NAMESPACE }],
    },
  );
}

async function deployShop(node: ClusterNode): Promise<void> {
  await node.apply(...shopObjects());
  await consent(node);
  await eventually("the shop", 180_000, async () => (await shopIsReady(node)) || undefined);
}

async function shopIsReady(node: ClusterNode): Promise<boolean> {
  const [staging, catalog, users] = await Promise.all(
    ["staging", "catalog", "users"].map((namespace) => podsOf(node, namespace)),
  );
  const ready = [...(staging ?? []), ...(catalog ?? []), ...(users ?? [])].filter((pod) => pod.ready);
  return ready.length === 14;
}

/** Services are found by a file on the node, because there is neither DNS nor kube-proxy: whoever deploys the shop keeps it. */
async function keepEndpoints(node: ClusterNode, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const pods = await Promise.all(["staging", "catalog", "users"].map((namespace) => podsOf(node, namespace)));
      writeEndpoints(pods.flat());
    } catch {
      // The API server is away, perhaps by a test: what was known holds, as in kube-proxy.
    }
    await delay(1_000, undefined, { signal }).catch(() => {});
  }
}

function writeEndpoints(pods: readonly SeenPod[]): void {
  const endpoints: Record<string, readonly string[]> = {};
  for (const key of ["staging/checkout", "staging/payment", "catalog/catalog"]) {
    const of = pods.filter(({ namespace, service, ready }) => ready && `${namespace}/${service}` === key);
    endpoints[key] = of.map(({ ip }) => `${ip}:8080`);
  }
  replace("endpoints.json", endpoints);
  const targets = pods.map(({ ip, namespace, name, service }) => ({
    targets: [`${ip}:9100`],
    labels: { namespace, pod: name, service, app: `${service}-service` },
  }));
  replace("targets.json", targets);
}

/** Readers find the old text or the new one, and nothing between. */
function replace(name: string, content: object): void {
  mkdirSync(ENDPOINTS_FOLDER, { recursive: true });
  writeFileSync(`${ENDPOINTS_FOLDER}/new.json`, JSON.stringify(content));
  renameSync(`${ENDPOINTS_FOLDER}/new.json`, `${ENDPOINTS_FOLDER}/${name}`);
}

/** A certificate of its own authority for the bot's door, as behind a company's proxy. */
function certificateOf(folder: string): { readonly cert: string; readonly key: string } {
  const [certFile, keyFile] = [join(folder, "door.crt"), join(folder, "door.key")];
  const names = ["-subj", "/CN=bot", "-addext", `subjectAltName=IP:${OUTSIDE}`];
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", keyFile];
  execFileSync("openssl", ["req", "-x509", ...key, "-out", certFile, "-days", "2", ...names], { stdio: "ignore" });
  return { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
}

/** Asks every 200 ms until the answer is a value; fails after `withinMs`, saying what was waited for. */
export async function eventually<T>(
  what: string,
  withinMs: number,
  ask: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const until = performance.now() + withinMs;
  while (performance.now() < until) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    await delay(200);
  }
  throw new Error(`${what}: not within ${withinMs} ms`);
}
