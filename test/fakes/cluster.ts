import type { Cluster, Exemption } from "../../src/run/ports.ts";
import type { Snapshot } from "../../src/selector/snapshot.ts";
import { Trouble } from "./trouble.ts";

export type FakeCluster = Cluster & {
  readonly trouble: Trouble;
  readonly refuses: Map<string, string>;
  readonly exempt: Exemption[];
  snapshotNow: Snapshot;
};

/** A cluster that is what a test says it is. Every namespace of the snapshot consents unless `refuses` says why not. */
export function createFakeCluster(snapshot: Snapshot): FakeCluster {
  const trouble = new Trouble("CLUSTER_REFUSED");
  const fake: FakeCluster = {
    trouble,
    refuses: new Map(),
    exempt: [],
    snapshotNow: snapshot,
    async snapshot() {
      trouble.meet("snapshot");
      return fake.snapshotNow;
    },
    async consent(namespace) {
      trouble.meet("consent");
      const known = fake.snapshotNow.namespaces.some(({ name }) => name === namespace);
      const why = known ? fake.refuses.get(namespace) : "there is no such namespace";
      return why === undefined ? { granted: true } : { granted: false, why };
    },
    async exemptions() {
      trouble.meet("exemptions");
      return fake.exempt;
    },
  };
  return fake;
}
