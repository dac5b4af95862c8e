import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { systemClock as clock } from "../../src/clock.ts";
import { openApi } from "../../src/kubernetes/api.ts";
import { type KubernetesCluster, openKubernetesCluster } from "../../src/kubernetes/cluster.ts";
import { readSnapshot } from "../../src/kubernetes/read-snapshot.ts";
import { clusterContract } from "../contract/cluster.ts";
import { type ApiServer, startApiServer, whyNot } from "./support/api-server.ts";
import { aConsent, aNamespace, aNode, aRunningPod } from "./support/objects.ts";
import { eventually, installOwnKinds, must } from "./support/own-kinds.ts";
import { bindRunner } from "./support/runner-role.ts";

// The run's Cluster on a real API server, with the rights that the chart gives the runner and no others.

const missing = whyNot();

describe.skipIf(missing !== undefined)(
  `Kubernetes as a run's cluster${missing ? ` (skipped: ${missing})` : ""}`,
  () => {
    let server: ApiServer;
    let cluster: KubernetesCluster;
    const over = new AbortController();
    const troubles: string[] = [];

    beforeAll(async () => {
      server = await startApiServer();
      for (const name of ["chaosgate", "staging", "silent"]) await aNamespace(server, name);
      await installOwnKinds(server);
      await bindRunner(server);
      await aConsent(server, "staging");
      await aNode(server, "node-1", "192.0.2.1", "10.244.1.0/24");
      const readinessProbe = { httpGet: { path: "/", port: 80 }, periodSeconds: 5 };
      const shop = { namespace: "staging", node: "node-1", labels: { app: "cart" }, probes: { readinessProbe } };
      await aRunningPod(server, { ...shop, name: "cart-0", ip: "10.244.1.7" });
      const name = "app.kubernetes.io/name";
      const own = { namespace: "chaosgate", node: "node-1" };
      await aRunningPod(server, { ...own, name: "chaosgated-1", ip: "10.244.1.2", labels: { [name]: "chaosgated" } });
      await aRunningPod(server, { ...own, name: "prom-0", ip: "10.244.1.3", labels: { [name]: "prometheus" } });
      const api = openApi({ kubeconfig: server.kubeconfig("reader") }, 5_000);
      const options = {
        api,
        clock,
        namespace: "chaosgate",
        daemonPort: 7443,
        onTrouble: (why: string) => troubles.push(why),
      };
      cluster = await openKubernetesCluster(options, over.signal);
    }, 180_000);
    afterAll(async () => {
      over.abort();
      await server?.stop();
    });

    clusterContract("Kubernetes", async () => ({ cluster, namespace: "staging" }));

    const podsNow = async () => (await cluster.snapshot()).pods.map(({ name }) => name);

    it("knows of a pod what a list of it would say", async () => {
      const admin = openApi({ kubeconfig: server.kubeconfig("admin") });
      const { takenAt: _, ...listed } = await readSnapshot(admin, 0);
      const { takenAt: __, ...informed } = await cluster.snapshot();
      expect(informed).toEqual(listed);
      const cart = informed.pods.find(({ name }) => name === "cart-0");
      expect(cart).toMatchObject({ workload: "StatefulSet/set", ready: true, ip: "10.244.1.7" });
      expect(cart?.containers).toEqual([
        {
          name: "main",
          containerId: expect.stringMatching(/^containerd:\/\/[0-9a-f]{64}$/),
          readiness: { timeoutSeconds: 1, periodSeconds: 5, failureThreshold: 3 },
        },
      ]);
    });

    it("hears of pods that come, change and go", async () => {
      await aRunningPod(server, { namespace: "staging", name: "late", node: "node-1", ip: "10.244.1.9" });
      await eventually(async () => (await podsNow()).includes("late"));
      await must(server, "PATCH", "/api/v1/namespaces/staging/pods/late", { metadata: { labels: { app: "moved" } } });
      const labelsOf = async () => (await cluster.snapshot()).pods.find(({ name }) => name === "late")?.labels;
      await eventually(async () => (await labelsOf())?.app === "moved");
      await must(server, "DELETE", "/api/v1/namespaces/staging/pods/late?gracePeriodSeconds=0");
      await eventually(async () => !(await podsNow()).includes("late"));
    });

    it("asks each namespace for its own consent, and its own namespace for none", async () => {
      expect(await cluster.consent("staging")).toEqual({ granted: true });
      const silent = await cluster.consent("silent");
      expect(silent.granted ? "" : silent.why).toContain("kubectl create rolebinding chaosgate-consent -n silent");
      const own = await cluster.consent("chaosgate");
      expect(own.granted ? "" : own.why).toContain("chaosgate itself");
    });

    it("takes a consent back as soon as its owners do", async () => {
      await aNamespace(server, "fickle");
      await aConsent(server, "fickle");
      await eventually(async () => (await cluster.consent("fickle")).granted);
      const path = "/apis/rbac.authorization.k8s.io/v1/namespaces/fickle/rolebindings/chaosgate-consent";
      await must(server, "DELETE", path);
      await eventually(async () => !(await cluster.consent("fickle")).granted);
    });

    it("leaves the watchers and the nodes' own addresses alone", async () => {
      const cidrs = (await cluster.exemptions()).map(({ cidr }) => cidr);
      expect(cidrs.toSorted()).toEqual(["10.244.1.1/32", "10.244.1.3/32", "192.0.2.1/32"]);
    });

    it("finds the daemon of a node, wherever it runs now", async () => {
      expect(cluster.daemonOf("node-1")).toBe("10.244.1.2:7443");
      expect(cluster.daemonOf("node-2")).toBeUndefined();
      await must(server, "DELETE", "/api/v1/namespaces/chaosgate/pods/chaosgated-1?gracePeriodSeconds=0");
      const labels = { "app.kubernetes.io/name": "chaosgated" };
      await aRunningPod(server, {
        namespace: "chaosgate",
        name: "chaosgated-2",
        node: "node-1",
        ip: "10.244.1.22",
        labels,
      });
      await eventually(() => cluster.daemonOf("node-1") === "10.244.1.22:7443");
    });

    it("knows the policies of the cluster's owners, as soon as they are written", async () => {
      expect(await cluster.policies?.()).toEqual([]);
      await must(server, "POST", "/apis/chaosgate.dev/v1alpha1/chaospolicies", {
        apiVersion: "chaosgate.dev/v1alpha1",
        kind: "ChaosPolicy",
        metadata: { name: "staging" },
        spec: { namespaces: { names: ["staging"] }, caps: { pods: 3, duration: "1m30s" } },
      });
      await eventually(async () => (await cluster.policies?.())?.length === 1);
      const [policy] = (await cluster.policies?.()) ?? [];
      expect(policy).toMatchObject({ name: "staging", caps: { pods: 3, durationMs: 90_000 }, engines: ["builtin"] });
    });

    it("had no trouble with the rights it was given", () => {
      expect(troubles).toEqual([]);
    });
  },
);
