import { mkdirSync, rmSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { clusterAt } from "./support/cluster.ts";
import { type Given, givenCluster, givenWorld, leftIn } from "./support/given.ts";
import { startStage } from "./support/stage.ts";

// What a cluster's owner must be able to rely on before `make e2e KUBECONFIG=...`: nothing that was there is touched, and nothing stays.

const given = givenCluster(process.env);
const FOLDER = ".test/given-twice";

describe.skipIf(given === undefined)("a cluster that is given", () => {
  const { kubeconfig, ...rest }: Given = given ?? { kubeconfig: "", images: "" };
  const cluster = clusterAt(kubeconfig);
  const namespaces = async () => (await cluster.kubectl("get", "ns", "-o", "name")).trim().split("\n");

  it("is left alone where a namespace of the story is somebody else's", async () => {
    await cluster.kubectl("create", "ns", "catalog");
    const before = await namespaces();
    try {
      await expect(givenWorld({ ...rest, kubeconfig })).rejects.toThrow(
        /makes namespace\/catalog .* nothing was changed/,
      );
      expect(await namespaces()).toEqual(before);
    } finally {
      await cluster.kubectl("delete", "ns", "catalog");
    }
  });

  it("is told at once which image no node has", async () => {
    const elsewhere = { ...rest, kubeconfig, images: "registry.invalid/nobody" };
    await expect(givenWorld(elsewhere)).rejects.toThrow(/Image.*registry\.invalid\/nobody\/observer:1/s);
    expect(await leftIn(cluster)).toEqual([]);
  });

  it("is told which address its pods do not reach", async () => {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER, { recursive: true });
    // Here it is this machine, and in a pod the pod itself.
    const astray = await givenWorld({ ...rest, kubeconfig, address: "127.0.0.1" });
    await expect(startStage(astray, FOLDER)).rejects.toThrow(
      /no pod reaches the bot's door at https:\/\/127\.0\.0\.1:/,
    );
    expect(await leftIn(cluster)).toEqual([]);
  });

  it("has everything of the story, and nothing of it afterwards", async () => {
    const stage = await startStage(await givenWorld({ ...rest, kubeconfig }), FOLDER);
    try {
      expect((await leftIn(stage.cluster)).length).toBeGreaterThan(8);
      expect(await stage.pods("staging", "checkout")).toHaveLength(10);
    } finally {
      await stage.stop();
    }
    expect(await leftIn(cluster)).toEqual([]);
  });
});
