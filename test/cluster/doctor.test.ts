import { execFile } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ApiServer, startApiServer, whyNot } from "./support/api-server.ts";
import { aConsent, aNamespace, aNode, aRunningPod } from "./support/objects.ts";
import { installOwnKinds, must } from "./support/own-kinds.ts";
import { bindRunner } from "./support/runner-role.ts";

const missing = whyNot();

/** Step by step: what each command mends is not said again. */
describe.skipIf(missing !== undefined)(`chaosgate doctor${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let server: ApiServer;

  beforeAll(async () => {
    server = await startApiServer();
    for (const name of ["chaosgate", "staging"]) await aNamespace(server, name);
    await aNode(server, "node-1", "192.0.2.1", "10.244.1.0/24");
  }, 180_000);
  afterAll(() => server?.stop());

  function doctor(...more: readonly string[]): Promise<{ readonly code: number; readonly out: string }> {
    const argv = ["src/entrypoints/cli.ts", "doctor", "--kubeconfig", server.kubeconfig("admin"), ...more];
    return new Promise((resolve) => {
      execFile(process.execPath, argv, { timeout: 60_000 }, (error, out, err) =>
        resolve({ code: typeof error?.code === "number" ? error.code : 0, out: out + err }),
      );
    });
  }

  it("says what is missing, until nothing is", async () => {
    expect(await doctor()).toMatchObject({ code: 1, out: expect.stringContaining("are not installed") });

    await installOwnKinds(server);
    await bindRunner(server);
    const bare = await doctor();
    for (const says of [
      "no runner is ready",
      "no runner leads",
      "nodes node-1 have no ready daemon",
      "there is no ChaosPolicy",
    ])
      expect(bare.out).toContain(says);

    const own = { namespace: "chaosgate", node: "node-1" };
    const label = "app.kubernetes.io/name";
    await aRunningPod(server, { ...own, name: "r", ip: "10.244.1.2", labels: { [label]: "chaosgate-runner" } });
    await aRunningPod(server, { ...own, name: "d", ip: "10.244.1.3", labels: { [label]: "chaosgated" } });
    const renewTime = new Date().toISOString().replace("Z", "000Z");
    await must(server, "POST", "/apis/coordination.k8s.io/v1/namespaces/chaosgate/leases", {
      metadata: { name: "chaosgate-runner" },
      spec: { holderIdentity: "r", leaseDurationSeconds: 15, renewTime },
    });
    // As `helm test` asks: nobody has permitted anything yet, and the installation is whole.
    expect(await doctor("--installation")).toEqual({ code: 0, out: "nothing is missing and nothing unsafe\n" });
    expect((await doctor()).code).toBe(1);
    await must(server, "POST", "/apis/chaosgate.dev/v1alpha1/chaospolicies", {
      apiVersion: "chaosgate.dev/v1alpha1",
      kind: "ChaosPolicy",
      metadata: { name: "staging" },
      spec: { namespaces: { names: ["staging"] }, caps: { pods: 3, duration: "5m" } },
    });
    const silent = await doctor();
    expect(silent.out.split("\n").filter((line) => /^(missing|unsafe)/.test(line))).toEqual([
      "missing: namespace staging is meant by a policy, and its owners have not consented",
    ]);

    await aConsent(server, "staging");
    expect(await doctor()).toEqual({ code: 0, out: "nothing is missing and nothing unsafe\n" });
  });
});
