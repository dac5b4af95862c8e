import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createLocalCluster, snapshotOf } from "../../src/local/cluster.ts";
import { identify } from "../../src/local/process-id.ts";
import { type LocalState, writeAtomically } from "../../src/local/state.ts";
import { clusterContract } from "../contract/cluster.ts";
import { aPod, aState } from "./states.ts";

const folder = mkdtempSync(join(tmpdir(), "chaosgate-local-"));
const stateFile = join(folder, "state.json");

afterAll(() => rmSync(folder, { recursive: true }));

function clusterOf(change: Partial<LocalState> = {}) {
  const supervisor = identify(process.pid);
  if (supervisor === undefined) throw new Error("this process has no entry in /proc");
  writeAtomically(stateFile, aState({ supervisor, ...change }));
  return createLocalCluster({ stateFile });
}

clusterContract("the local cluster over its state file", async () => ({ cluster: clusterOf(), namespace: "staging" }));

describe("the snapshot of a local cluster", () => {
  it("shows a process as the one container of a running pod", () => {
    expect(snapshotOf(aState(), 5_000).pods[0]).toEqual({
      namespace: "staging",
      name: "checkout-0",
      uid: "uid-0",
      labels: { app: "checkout-service" },
      annotations: {},
      node: "local",
      phase: "Running",
      ready: true,
      ip: "10.77.0.16",
      hostNetwork: false,
      workload: "Deployment/checkout",
      containers: [{ name: "checkout", localPid: 4242 }],
    });
  });

  it("labels namespaces with their names, as Kubernetes does", () => {
    expect(snapshotOf(aState(), 5_000).namespaces[0]?.labels).toEqual({
      "kubernetes.io/metadata.name": "staging",
      environment: "staging",
    });
  });

  it("does not call a pod ready that is on its way out", () => {
    expect(snapshotOf(aState({ pods: [aPod({ terminating: true })] }), 5_000).pods[0]?.ready).toBe(false);
  });
});

describe("a local cluster", () => {
  it("does not consent for a namespace that is declared without consent", async () => {
    expect(await clusterOf().consent("catalog")).toMatchObject({
      granted: false,
      why: expect.stringMatching("consent: true"),
    });
  });

  it("is refused when its supervisor is gone, whatever the file says", async () => {
    const cluster = clusterOf({ supervisor: { pid: process.pid, startTicks: 1 } });
    await expect(cluster.snapshot()).rejects.toMatchObject({
      code: "CLUSTER_REFUSED",
      message: expect.stringMatching(/supervisor.*is gone/),
    });
  });

  it.each([
    { name: "is not there", write: () => {}, file: join(folder, "absent.json") },
    {
      name: "is cut short",
      write: (file: string) => writeFileSync(file, '{"version":1'),
      file: join(folder, "cut.json"),
    },
    {
      name: "is of another version",
      write: (file: string) => writeFileSync(file, '{"version":2}'),
      file: join(folder, "new.json"),
    },
  ])("is refused when its state $name", async ({ write, file }) => {
    write(file);
    await expect(createLocalCluster({ stateFile: file }).exemptions()).rejects.toMatchObject({
      code: "CLUSTER_REFUSED",
    });
  });

  it("does not time connections of a pod that is gone", async () => {
    const gone = { namespace: "staging", pod: "checkout-9", podUid: "uid-9", container: "checkout" };
    const peer = { namespace: "staging", pod: "checkout-0", podUid: "uid-0", ip: "10.77.0.16" };
    await expect(clusterOf().connectTimes(gone, peer)).rejects.toMatchObject({
      message: expect.stringMatching("checkout-9 is gone"),
    });
  });
});
