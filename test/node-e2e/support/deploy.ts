import { NAMESPACE } from "./chart.ts";
import type { Cluster } from "./cluster.ts";
import { eventually } from "./eventually.ts";
import { podsOf } from "./pods.ts";
import { alertmanagerObjects, MONITORING, prometheusObjects, shopObjects } from "./shop.ts";
import type { World } from "./world.ts";

// What is there besides chaosgate: the shop with its owners' consent, Prometheus and Alertmanager.

/** Of the shop's declaration: ten checkouts, two payments, the catalog and the users. */
const PODS_OF_THE_SHOP = 14;

export type Monitoring = { readonly prometheusUrl: string; readonly alertmanagerUrl: string };

/** Resolves with where pods reach them, once they have addresses. */
export async function deployMonitoring(world: World): Promise<Monitoring> {
  const ipOf = (name: string) =>
    eventually(name, 60_000, async () => {
      const [pod] = await podsOf(world, MONITORING, name);
      return pod?.ip === "" ? undefined : pod?.ip;
    });
  await world.cluster.apply(...alertmanagerObjects(world.images));
  const alertmanager = await ipOf("alertmanager");
  await world.cluster.apply(...prometheusObjects(world.images, `${alertmanager}:9093`));
  return { prometheusUrl: `http://${await ipOf("prometheus")}:9090`, alertmanagerUrl: `http://${alertmanager}:9093` };
}

/** Resolves when all of it is ready. */
export async function deployShop(world: World): Promise<void> {
  await world.cluster.apply(...shopObjects(world.images));
  await consent(world.cluster);
  await eventually("the shop", 180_000, async () => (await shopIsReady(world)) || undefined);
}

/** What the owners of the cluster and of the namespace do before anybody can be hit. */
async function consent({ apply }: Cluster): Promise<void> {
  await apply(
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

async function shopIsReady(world: World): Promise<boolean> {
  const pods = await Promise.all(["staging", "catalog", "users"].map((namespace) => podsOf(world, namespace)));
  return pods.flat().filter(({ ready }) => ready).length === PODS_OF_THE_SHOP;
}
