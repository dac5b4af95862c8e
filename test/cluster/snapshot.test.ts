import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { snapshotFrom, snapshotText } from "../../src/entrypoints/cli/snapshot-file.ts";
import { AppError } from "../../src/errors.ts";
import { openApi } from "../../src/kubernetes/api.ts";
import { readSnapshot } from "../../src/kubernetes/read-snapshot.ts";
import { matchPods } from "../../src/selector/match.ts";
import { aSelector } from "../fakes/snapshot.ts";
import { type ApiServer, startApiServer, whyNot } from "./support/api-server.ts";
import { roleOfTheDocs } from "./support/role.ts";

// Against a real API server: etcd and kube-apiserver, as processes of this test. No controller and no kubelet runs, so objects stay
// what they were written as.

const missing = whyNot();

describe.skipIf(missing !== undefined)(
  `a snapshot of a real API server${missing ? ` (skipped: ${missing})` : ""}`,
  () => {
    let cluster: ApiServer;
    beforeAll(async () => {
      cluster = await startApiServer();
      await fill(cluster);
    }, 180_000);
    afterAll(() => cluster?.stop());

    const read = (who: Parameters<ApiServer["kubeconfig"]>[0]) =>
      readSnapshot(openApi({ kubeconfig: cluster.kubeconfig(who) }), 1_700_000_000_000);
    const reasonFor = async (who: Parameters<ApiServer["kubeconfig"]>[0]) => {
      const error = await read(who).catch((thrown: unknown) => thrown);
      return error instanceof AppError ? { reason: error.facts.reason, message: error.message } : error;
    };

    it("says which right is missing, and of whom it knows nothing", async () => {
      expect(await reasonFor("reader")).toMatchObject({ reason: "forbidden" });
      expect(await reasonFor("stranger")).toMatchObject({ reason: "unauthorized" });
    });

    it("says when nobody answers in time", async () => {
      const api = openApi({ kubeconfig: cluster.kubeconfig("admin") }, 1);
      await expect(readSnapshot(api, 0)).rejects.toMatchObject({ facts: { reason: "timeout" } });
    });

    it("reads every page with the role of docs/cluster.md and no other right", async () => {
      const role = roleOfTheDocs();
      await must(cluster, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterroles", role);
      await must(cluster, "POST", "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", {
        metadata: { name: "reader" },
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role.metadata.name },
        subjects: [{ kind: "User", name: "reader", apiGroup: "rbac.authorization.k8s.io" }],
      });
      const snapshot = await read("reader");
      expect(snapshot.pods).toHaveLength(PODS + 1);
      expect(new Set(snapshot.pods.map(({ uid }) => uid)).size).toBe(PODS + 1);
      expect(snapshot.nodes).toEqual([{ name: "node-1", labels: { zone: "a" } }]);
      expect(snapshot.clusterId).toMatch(/^[0-9a-f-]{36}$/);
      const [cart] = matchPods(aSelector({ fieldSelectors: { "metadata.name": "cart-7" } }), snapshot);
      expect(cart).toMatchObject({
        labels: { app: "cart" },
        annotations: { note: "kept" },
        workload: "Deployment/cart",
        node: "node-1",
        ready: false,
        containers: [{ name: "main" }],
      });
      expect(snapshot.budgets).toEqual([
        {
          namespace: "staging",
          name: "cart",
          matchLabels: {},
          matchExpressions: [{ key: "app", operator: "In", values: ["cart"] }],
          disruptionsAllowed: 0,
        },
      ]);
    });

    it("stays the same through a file, and a file of another version is refused", async () => {
      const snapshot = await read("admin");
      const text = snapshotText(snapshot);
      expect(snapshotFrom({ path: "s.json", text })).toEqual(snapshot);
      expect(() => snapshotFrom({ path: "s.json", text: text.replace('"version":1', '"version":9') })).toThrow(
        "version 9",
      );
      expect(() => snapshotFrom({ path: "s.json", text: text.replace('"nodes":', '"nods":') })).toThrow(
        "nodes is missing",
      );
    });
  },
);

/** More than two pages. */
const PODS = 1001;

async function fill(cluster: ApiServer): Promise<void> {
  await must(cluster, "POST", "/api/v1/namespaces", { metadata: { name: "staging" } });
  await must(cluster, "POST", "/api/v1/nodes", { metadata: { name: "node-1", labels: { zone: "a" } } });
  const set = await must(cluster, "POST", "/apis/apps/v1/namespaces/staging/replicasets", {
    metadata: {
      name: "cart-abc",
      ownerReferences: [{ apiVersion: "apps/v1", kind: "Deployment", name: "cart", uid: "u-1", controller: true }],
    },
    spec: { selector: { matchLabels: { app: "cart" } }, template: podTemplate("cart") },
  });
  const owner = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    name: "cart-abc",
    uid: set.metadata.uid,
    controller: true,
  };
  for (let first = 0; first < PODS; first += 25) {
    const some = Array.from({ length: Math.min(25, PODS - first) }, (_, index) => first + index);
    await Promise.all(some.map((index) => must(cluster, "POST", PODS_PATH, aPodOf("cart", `cart-${index}`, [owner]))));
  }
  await must(cluster, "POST", PODS_PATH, aPodOf("lone", "lone", []));
  await must(cluster, "POST", "/apis/policy/v1/namespaces/staging/poddisruptionbudgets", {
    metadata: { name: "cart" },
    spec: { minAvailable: 1, selector: { matchExpressions: [{ key: "app", operator: "In", values: ["cart"] }] } },
  });
}

const PODS_PATH = "/api/v1/namespaces/staging/pods";

function podTemplate(app: string) {
  return {
    metadata: { labels: { app }, annotations: { note: "kept" } },
    spec: { containers: [{ name: "main", image: "none.invalid/none", env: [{ name: "SECRET", value: "unread" }] }] },
  };
}

function aPodOf(app: string, name: string, ownerReferences: readonly unknown[]) {
  const { metadata, spec } = podTemplate(app);
  return { metadata: { ...metadata, name, ownerReferences }, spec: { ...spec, nodeName: "node-1" } };
}

async function must(cluster: ApiServer, method: string, path: string, body: unknown) {
  const answer = await cluster.call(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body);
}
