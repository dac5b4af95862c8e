import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLocalCluster } from "../../../src/local/cluster.ts";
import { parseDeclaration } from "../../../src/local/declaration.ts";
import type { LocalPod } from "../../../src/local/state.ts";
import { type LocalClusterHandle, startLocalCluster } from "../../../src/local/supervisor.ts";
import { type Observability, startObservability } from "../../../src/playground/observability.ts";
import type { Cluster, Probe, VictimRef } from "../../../src/run/ports.ts";

export type Shop = {
  readonly handle: LocalClusterHandle;
  readonly cluster: Cluster & Probe;
  readonly watch: Observability;
  pods(service: string): readonly LocalPod[];
  stop(): Promise<void>;
};

/** The playground's shop with a real Prometheus and Alertmanager, in the sandbox of this test run. */
export async function startShop(): Promise<Shop> {
  const directory = mkdtempSync(join(tmpdir(), "chaosgate-shop-"));
  const declared = parseDeclaration(readFileSync("src/playground/shop/shop.yaml", "utf8"));
  if (!declared.ok) throw new Error(declared.problems.join("\n"));
  const handle = await startLocalCluster({
    declaration: declared.declaration,
    stateDirectory: join(directory, "cluster"),
    workingDirectory: process.cwd(),
  });
  const watch = await startObservability({
    directory: join(directory, "observability"),
    targetsFile: handle.targetsFile,
  });
  await handle.ready(60_000);
  return {
    handle,
    watch,
    cluster: createLocalCluster({ stateFile: handle.stateFile }),
    pods: (service) => handle.state().pods.filter((pod) => pod.service === service),
    stop: async () => {
      await watch.stop();
      await handle.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

export function victimOf(pod: LocalPod): VictimRef {
  return {
    namespace: pod.namespace,
    pod: pod.name,
    podUid: pod.uid,
    container: pod.service,
    localPid: pod.pid,
  };
}
