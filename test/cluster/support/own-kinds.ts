import { setTimeout as sleep } from "node:timers/promises";
import { load } from "js-yaml";
import { crdFiles } from "../../../scripts/crds.ts";
import type { ApiServer } from "./api-server.ts";

/** Installs the CRDs of the chart and waits until they are served. */
export async function installOwnKinds(cluster: ApiServer): Promise<void> {
  for (const text of Object.values(crdFiles())) {
    await must(cluster, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", load(text));
  }
  for (const plural of ["chaosruns", "chaospolicies"]) {
    await eventually(async () => (await cluster.call("GET", `/apis/chaosgate.dev/v1alpha1/${plural}`)).status === 200);
  }
}

/** Creates or changes something, which must be taken. */
export async function must(cluster: ApiServer, method: string, path: string, body?: unknown) {
  const answer = await cluster.call(method, path, body);
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`);
  return JSON.parse(answer.body);
}

/** Waits until something holds; fails after ten seconds. */
export async function eventually(holds: () => Promise<boolean> | boolean): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    if (await holds()) return;
    await sleep(100);
  }
  throw new Error("it did not come to hold within ten seconds");
}
