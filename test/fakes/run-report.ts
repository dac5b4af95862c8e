import type { RunReport } from "../../src/run/report.ts";

/** A report of a run that has just begun, with what a test changes. */
export function aReport(changes: Partial<RunReport> = {}): RunReport {
  return {
    version: 1,
    runId: "t0123456789abcdef0123-0",
    ticketId: "t0123456789abcdef0123",
    clusterId: "cluster-1",
    runner: "runner-1",
    repository: { owner: "acme", name: "shop" },
    pullRequest: 3,
    headSha: "0123456789abcdef0123456789abcdef01234567",
    environment: "staging",
    plan: "5e1f0c2a9b7d4e63",
    manifest: { path: "chaos/network-delay.yaml", index: 0, sha256: "a".repeat(64) },
    experiment: {
      name: "network-delay-checkout-to-payment",
      namespace: "staging",
      kind: "NetworkChaos",
      action: "delay",
    },
    requester: "grace",
    sequence: 1,
    phase: "preflight",
    requestedAt: 1,
    updatedAt: 2,
    durationMs: 30_000,
    victims: [],
    matchedPods: 0,
    objectives: [],
    readings: [],
    timeline: [],
    predictions: [],
    measured: [],
    undoFailures: [],
    ...changes,
  };
}
