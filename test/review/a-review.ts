import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Review } from "../../src/review/review.ts";
import { type Reviewable, reviewManifests } from "../../src/review/review-manifests.ts";
import { parseSettings, type Settings } from "../../src/settings.ts";
import { aClusterWith, pods } from "../fakes/snapshot.ts";

const SETTINGS = `
version: 1
execution: enabled
paths: ["chaos/**/*.yaml"]
environments:
  staging:
    cluster: cluster-1
    runnerKey: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo
    namespaces: [staging]
    caps: { pods: 5, percent: 50, duration: 30s }
    run: { roles: [maintain, admin] }
    objectives: [checkout-errors]
objectives:
  checkout-errors:
    title: checkout error rate
    query: errors
    freshness: age
    below: 0.02
services:
  checkout:
    namespace: staging
    labels: { app: checkout-service }
    rate: 1000/s
    pool: 200
    calls: [{ to: payment, timeout: 1s, rtt: 2ms, window: 64KiB }]
  payment:
    namespace: staging
    labels: { app: payment-service }
`;

/** Settings of one environment, `staging`, that may be run, with the seed's own figures. */
export function settingsWith(changes: Partial<Settings> = {}): Settings {
  const parsed = parseSettings(SETTINGS);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return { ...parsed.settings, ...changes };
}

/** The seed's manifest as its author wrote it. */
export const BROKEN = readFileSync("test/fixtures/seed/network-delay.yaml", "utf8");

/** The seed's manifest in its own namespace and without its mistakes, run once. */
export const FIXED = `apiVersion: chaos-mesh.org/v1alpha1
kind: NetworkChaos
metadata:
  name: network-delay-checkout-to-payment
  namespace: staging
  annotations:
    chaosgate.dev/hypothesis: Checkout answers from its cache while payment is slow.
spec:
  action: delay
  mode: fixed-percent
  value: '30'
  selector:
    namespaces: [staging]
    labelSelectors: { app: checkout-service }
  direction: to
  target:
    mode: all
    selector:
      namespaces: [staging]
      labelSelectors: { app: payment-service }
  delay: { latency: 500ms, jitter: 50ms, correlation: '50' }
  duration: 5m
`;

/** Ten pods of checkout and two of payment. */
export const SHOP = aClusterWith([
  ...pods("checkout", 10, { labels: { app: "checkout-service" } }),
  ...pods("payment", 2, { labels: { app: "payment-service" }, workload: "Deployment/payment", node: "node-2" }),
]);

/** A review of one file, `chaos/network-delay.yaml`. */
export function reviewOf(text: string, over: Partial<Reviewable> = {}): Review {
  return reviewOfFiles([{ path: "chaos/network-delay.yaml", text }], over);
}

/** A review of several files. */
export function reviewOfFiles(files: Reviewable["files"], over: Partial<Reviewable> = {}): Review {
  return reviewManifests({
    files,
    settings: settingsWith(),
    environment: "staging",
    seed: "5eed".repeat(8),
    headSha: "0123456789abcdef0123456789abcdef01234567",
    baseSha: "89abcdef0123456789abcdef0123456789abcdef",
    digest: (data) => createHash("sha256").update(data).digest("hex"),
    ...over,
  });
}
