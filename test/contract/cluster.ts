import { describe, expect, it } from "vitest";
import type { Cluster } from "../../src/run/ports.ts";

export type ClusterUnderTest = {
  readonly cluster: Cluster /** A namespace with pods in it that consents. */;
  readonly namespace: string;
};

/** What every cluster must do, embedded or Kubernetes. */
export function clusterContract(name: string, make: () => Promise<ClusterUnderTest>): void {
  describe(`${name} is a cluster: it`, () => {
    it("is the same cluster whenever it is asked", async () => {
      const { cluster } = await make();
      const [one, other] = [await cluster.snapshot(), await cluster.snapshot()];
      expect(one.clusterId).toBe(other.clusterId);
      expect(one.clusterId).not.toBe("");
    });

    it("shows pods that can be told apart, in namespaces and on nodes that it shows too", async () => {
      const { cluster, namespace } = await make();
      const { pods, namespaces, nodes } = await cluster.snapshot();
      expect(pods.filter((pod) => pod.namespace === namespace).length).toBeGreaterThan(0);
      expect(new Set(pods.map(({ uid }) => uid)).size).toBe(pods.length);
      const known = new Set(namespaces.map((one) => one.name));
      const stood = new Set(nodes.map((one) => one.name));
      for (const pod of pods) {
        expect(known).toContain(pod.namespace);
        expect(stood).toContain(pod.node);
      }
    });

    it("shows of every running pod an address and a container that a daemon can find", async () => {
      const { cluster } = await make();
      const running = (await cluster.snapshot()).pods.filter(({ phase }) => phase === "Running");
      for (const { ip, containers } of running) {
        expect(ip).toMatch(/^[0-9a-f.:]+$/i);
        expect(containers.every(({ containerId, localPid }) => (containerId ?? localPid) !== undefined)).toBe(true);
      }
    });

    it("asks every namespace for its consent, and says why when there is none", async () => {
      const { cluster, namespace } = await make();
      expect(await cluster.consent(namespace)).toEqual({ granted: true });
      expect(await cluster.consent("a-namespace-that-is-not-there")).toEqual({
        granted: false,
        why: expect.any(String),
      });
    });

    it("names what is left alone by network and port", async () => {
      const { cluster } = await make();
      for (const { cidr, port } of await cluster.exemptions()) {
        expect(cidr).toMatch(/^[0-9a-f.:]+\/\d+$/i);
        expect(port).toBeGreaterThanOrEqual(0);
      }
    });
  });
}
