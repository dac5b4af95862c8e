/** Settings of one environment, staging, whose runner signs with `runnerKey`. */
export function settingsFor(runnerKey: string, lines = ""): string {
  return `version: 1
execution: enabled
paths: ["chaos/**/*.yaml"]
runOnMerge: true
environments:
  staging:
    cluster: cluster-1
    runnerKey: ${runnerKey}
    namespaces: [staging]
    caps: { pods: 5, percent: 50, duration: 30s }
    run: { roles: [maintain, admin] }
    approve: { roles: [maintain, admin] }
    lock: { roles: [maintain, admin] }
    objectives: [errors]
objectives:
  errors:
    title: error rate
    query: 'sum(rate(errors[5s]))'
    freshness: 'time() - max(timestamp(errors))'
    maxAge: 10s
    below: 0.02
    baselineBelow: 0.001
    scope: inside
    unit: ratio
${lines}`;
}

/** A manifest that the cluster accepts. */
export function delayOf(latency: string): string {
  return `apiVersion: chaos-mesh.org/v1alpha1
kind: NetworkChaos
metadata:
  name: delay
  namespace: staging
spec:
  action: delay
  mode: fixed-percent
  value: "30"
  selector:
    namespaces: [staging]
    labelSelectors: { app: checkout }
  direction: to
  target:
    mode: all
    selector:
      namespaces: [staging]
      labelSelectors: { app: payment }
  delay:
    latency: ${latency}
  duration: 30s
`;
}

export const MANIFEST = "chaos/delay.yaml";
export const EXPERIMENT = { [MANIFEST]: delayOf("100ms") };
export const BROKEN = {
  [MANIFEST]: delayOf("100ms").replace('value: "30"', 'value: "30%"').replace("fixed-percent", "fixed"),
};
