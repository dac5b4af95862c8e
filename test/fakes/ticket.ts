import type { Objective } from "../../src/slo/objective.ts";
import type { TicketClaims } from "../../src/ticket/claims.ts";

/** The error rate inside the blast radius: below 2 % in a run, below 0.1 % before one. */
export function anObjective(over: Partial<Objective> = {}): Objective {
  return {
    name: "checkout-errors",
    title: "checkout error rate",
    query: "errors",
    freshness: "age",
    maxAgeSeconds: 10,
    bound: { kind: "below", value: 0.02 },
    baselineBound: { kind: "below", value: 0.001 },
    scope: "inside",
    unit: "ratio",
    ...over,
  };
}

export const OUTSIDE = anObjective({
  name: "catalog-errors",
  title: "catalog error rate",
  query: "outside",
  scope: "outside",
});

export const TICKET_ID = `t${"0a1b2c3d4e".repeat(2)}`;

/** A ticket for one document that permits what `aDelay` asks for. */
export function someClaims(over: Partial<TicketClaims> = {}): TicketClaims {
  return {
    iss: "chaosgate/1",
    aud: "cluster-1",
    jti: TICKET_ID,
    iat: 1_700_000_000,
    exp: 1_700_000_900,
    kind: "once",
    repository: { id: 7, owner: "acme", name: "shop" },
    installation_id: 9,
    pull_request: 12,
    head_sha: "a".repeat(40),
    manifests: { "chaos/delay.yaml": "b".repeat(64) },
    documents: [{ path: "chaos/delay.yaml", index: 0 }],
    plan: "plan-1",
    rules_version: "1",
    environment: "staging",
    requester: { login: "mona", role: "maintain" },
    approvers: [],
    limits: {
      max_duration_seconds: 30,
      max_pods: 5,
      max_percent: 50,
      namespaces: ["staging"],
      protected_namespaces: [],
      pairings: [],
    },
    seed: "0123456789abcdef".repeat(2),
    objectives: [anObjective(), OUTSIDE],
    predictions: {},
    ...over,
  };
}
