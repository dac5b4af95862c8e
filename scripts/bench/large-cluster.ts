import type { Experiment, Mode } from "../../src/manifest/experiment.ts";
import type { PodFact, Snapshot } from "../../src/selector/snapshot.ts";

/** A cluster of 50 namespaces, ten pods a workload, with the labels that charts write. */
export function snapshotOf(count: number): Snapshot {
  const pods = Array.from({ length: count }, (_, index) => podOf(index));
  const namespaces = Array.from({ length: 50 }, (_, index) => ({ name: `team-${index}`, labels: {} }));
  const nodes = Array.from({ length: 1000 }, (_, index) => ({
    name: `node-${index}`,
    labels: { zone: `z${index % 3}` },
  }));
  return { clusterId: "large", takenAt: 0, namespaces, pods, nodes, budgets: [] };
}

function podOf(index: number): PodFact {
  const app = Math.floor(index / 10);
  const namespace = `team-${app % 50}`;
  return {
    namespace,
    name: `app-${app}-${index}`,
    uid: `3f2a77c0-0000-4000-8000-${index.toString().padStart(12, "0")}`,
    labels: {
      app: `app-${app}`,
      "app.kubernetes.io/name": `app-${app}`,
      tier: index % 2 === 0 ? "web" : "api",
      track: "stable",
      "pod-template-hash": `h${app}`,
    },
    annotations: { "prometheus.io/scrape": "true" },
    node: `node-${index % 1000}`,
    phase: "Running",
    ready: true,
    ip: "10.0.0.1",
    hostNetwork: false,
    workload: `Deployment/app-${app}`,
    containers: [{ name: "main" }],
  };
}

const MODES: readonly Mode[] = [
  { kind: "one" },
  { kind: "all" },
  { kind: "fixed", count: 3 },
  { kind: "fixed-percent", percent: 30 },
  { kind: "random-max-percent", percent: 50 },
];

/** As people write them: by one label, and every tenth by what a whole namespace shares. */
export function experimentsOf(count: number): readonly Experiment[] {
  return Array.from({ length: count }, (_, index): Experiment => {
    const app = index * 7;
    const wide = index % 10 === 9;
    return {
      kind: "PodChaos",
      name: `kill-${index}`,
      namespace: `team-${app % 50}`,
      annotations: {},
      mode: MODES[index % MODES.length] ?? { kind: "one" },
      selector: {
        namespaces: [`team-${app % 50}`],
        labelSelectors: wide ? { tier: "web", track: "stable" } : { app: `app-${app}` },
        expressionSelectors: [],
        annotationSelectors: {},
        fieldSelectors: {},
        podPhaseSelectors: [],
        nodes: [],
        nodeSelectors: {},
      },
      pod: { action: "pod-kill", gracePeriodSeconds: 0, containerNames: [] },
    };
  });
}
