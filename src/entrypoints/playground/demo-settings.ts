import { errorRatio, newestSampleAge, p99, requestRate, userErrorRatio } from "../../playground/shop/queries.ts";

/** Fifteen scrapes: a breach shows within a few seconds, and not before the runner has measured a few connections. */
const WINDOW = "15s";

export type DemoSettings = {
  readonly clusterId: string;
  readonly runnerPublicKey: string;
  readonly duration?: string;
  /** Bound of the error rate; a control of the tests sets 1, which no error rate exceeds. */
  readonly errorsBelow?: number;
  /** What the repository says of checkout's client timeout. */
  readonly timeout?: string;
};

/** `.github/chaosgate.yml` of the story's repository: JSON is YAML, with one key a line where people look. */
export function demoSettings({
  clusterId,
  runnerPublicKey,
  duration = "30s",
  errorsBelow = 0.02,
  timeout = "2s",
}: DemoSettings): string {
  const quoted = JSON.stringify;
  return `version: 1
execution: enabled
paths: ["chaos/**/*.yaml"]
runOnMerge: true
environments:
  staging:
    cluster: ${quoted(clusterId)}
    runnerKey: ${quoted(runnerPublicKey)}
    namespaces: [staging]
    protected: [shared-db]
    caps: { pods: 5, percent: 50, duration: ${duration} }
    run: { roles: [maintain, admin] }
    approve: { roles: [maintain, admin] }
    objectives: [checkout-errors, checkout-p99, catalog-errors]
objectives:
  checkout-errors:
    title: checkout error rate
    query: ${quoted(userErrorRatio("staging/checkout", WINDOW))}
    freshness: ${quoted(newestSampleAge("checkout-service"))}
    maxAge: 5s
    below: ${errorsBelow}
    baselineBelow: 0.001
    traffic: { query: ${quoted(requestRate("checkout-service", WINDOW))}, atLeast: 50 }
    unit: ratio
  checkout-p99:
    title: checkout P99
    query: ${quoted(p99("checkout-service", WINDOW))}
    freshness: ${quoted(newestSampleAge("checkout-service"))}
    maxAge: 5s
    below: 1
    baselineBelow: 0.25
    unit: seconds
  catalog-errors:
    title: catalog error rate (outside the blast radius)
    query: ${quoted(errorRatio("catalog-service", WINDOW))}
    freshness: ${quoted(newestSampleAge("catalog-service"))}
    maxAge: 5s
    below: 0.02
    baselineBelow: 0.001
    scope: outside
    unit: ratio
services:
  checkout:
    namespace: staging
    labels: { app: checkout-service }
    rate: 200/s
    pool: 80
    calls:
      - { to: payment, timeout: ${timeout}, serviceTime: 5ms, rtt: 2ms, window: 64KiB }
  payment:
    namespace: staging
    labels: { app: payment-service }
`;
}
