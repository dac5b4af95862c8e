import { describe, expect, it } from "vitest";
import { type ClusterFacts, diagnose, diagnoseInstallation } from "../../src/kubernetes/diagnose.ts";
import type { ClusterPolicy } from "../../src/policy/cluster-policy.ts";

const POLICY: ClusterPolicy = {
  name: "staging",
  namespaces: { names: ["staging"], matchLabels: {} },
  protectedNamespaces: [],
  pairings: [],
  kinds: [],
  caps: { pods: 3, durationMs: 300_000 },
  requiredLabels: {},
  ticketKeys: [],
  engines: ["builtin"],
};

const SOUND: ClusterFacts = {
  namespace: "chaosgate",
  ownKinds: ["chaosruns", "chaosruns/status", "chaospolicies"],
  namespaces: [
    { name: "staging", labels: { chaos: "allowed" } },
    { name: "prod", labels: {} },
  ],
  nodes: ["node-1"],
  pods: [
    { app: "chaosgate-runner", node: "node-1", ready: true },
    { app: "chaosgated", node: "node-1", ready: true },
  ],
  leaseAgeMs: 2_000,
  policies: [POLICY],
  consents: ["staging"],
  runs: [{ name: "t1-0", phase: "finished", rollback: "verified" }],
  hasChaosMesh: false,
  hasAdmission: false,
};

describe("a diagnosis", () => {
  it("of the installation asks nobody for permission, and sees a part that is missing", () => {
    expect(diagnoseInstallation({ ...SOUND })).toEqual([]);
    const withoutDaemon = { ...SOUND, pods: SOUND.pods.filter(({ app }) => app !== "chaosgated") };
    expect(diagnoseInstallation(withoutDaemon).map(({ what }) => what)).toEqual([
      "nodes node-1 have no ready daemon: pods there cannot be hit",
    ]);
  });

  it("finds nothing in a cluster where a run could begin", () => {
    expect(diagnose(SOUND)).toEqual([]);
  });

  it.each<{ name: string; facts: Partial<ClusterFacts>; says: string; fix: string }>([
    {
      name: "the kinds are not there",
      facts: { ownKinds: [] },
      says: "missing: chaosruns and chaospolicies are not",
      fix: "kubectl apply",
    },
    {
      name: "no runner is ready",
      facts: { pods: SOUND.pods.slice(1) },
      says: "missing: no runner is ready",
      fix: "kubectl describe pods -n chaosgate",
    },
    { name: "nobody leads", facts: { leaseAgeMs: 31_000 }, says: "missing: no runner leads", fix: "kubectl logs" },
    {
      name: "a node has no daemon",
      facts: { nodes: ["node-1", "node-2"] },
      says: "missing: nodes node-2 have no ready daemon",
      fix: "kubectl get pods",
    },
    {
      name: "many nodes have none",
      facts: { nodes: ["a", "b", "c", "d", "e"] },
      says: "missing: a, b, c and 2 more nodes",
      fix: "chaosgated",
    },
    {
      name: "there is no policy",
      facts: { policies: [], consents: [] },
      says: "missing: there is no ChaosPolicy",
      fix: "kubectl explain",
    },
    {
      name: "a policy cannot be read",
      facts: { policies: [POLICY, { ...POLICY, name: "x", broken: "Mars is no time zone" }] },
      says: "missing: ChaosPolicy x permits nothing: Mars",
      fix: "kubectl edit chaospolicy x",
    },
    {
      name: "a policy means nobody",
      facts: { policies: [POLICY, { ...POLICY, name: "x", namespaces: { names: ["gone"], matchLabels: {} } }] },
      says: "missing: ChaosPolicy x means no namespace",
      fix: "kubectl edit",
    },
    {
      name: "faults have no end",
      facts: { policies: [{ ...POLICY, caps: { pods: 3 } }] },
      says: "unsafe: ChaosPolicy staging has no cap on how long",
      fix: '{"caps":{"duration":"5m"}}',
    },
    {
      name: "everybody may be hit",
      facts: { policies: [{ ...POLICY, caps: { durationMs: 1 } }] },
      says: "unsafe: ChaosPolicy staging has no cap on how many",
      fix: '{"caps":{"percent":30}}',
    },
    {
      name: "the weaker engine may inject",
      facts: { policies: [{ ...POLICY, engines: ["chaos-mesh"] }] },
      says: "unsafe: ChaosPolicy staging permits the engine chaos-mesh",
      fix: '"engines":["builtin"]',
    },
    {
      name: "owners have not consented",
      facts: { consents: [] },
      says: "missing: namespace staging is meant by a policy",
      fix: "kubectl create rolebinding chaosgate-consent -n staging --clusterrole=chaosgate-consent --serviceaccount=chaosgate:chaosgate-runner",
    },
    {
      name: "a consent is forgotten",
      facts: { consents: ["staging", "prod"] },
      says: "unsafe: namespace prod consents",
      fix: "kubectl delete rolebinding chaosgate-consent -n prod",
    },
    {
      name: "a run left something",
      facts: { runs: [{ name: "t1-0", phase: "finished", rollback: "failed" }] },
      says: "unsafe: run t1-0 left something",
      fix: "kubectl get chaosrun t1-0",
    },
    {
      name: "nobody saw a run's end",
      facts: { runs: [{ name: "t1-0", phase: "finished", rollback: "expired" }] },
      says: "unsafe: nobody saw that run t1-0",
      fix: "kubectl get chaosrun",
    },
    {
      name: "Chaos Mesh can be used past chaosgate",
      facts: { hasChaosMesh: true },
      says: "unsafe: Chaos Mesh is installed, and nothing stops",
      fix: "admission.enabled=true",
    },
  ])("says so when $name, and how to mend it", ({ facts, says, fix }) => {
    const found = diagnose({ ...SOUND, ...facts });
    expect(found.map(({ level, what }) => `${level}: ${what}`)).toEqual([expect.stringContaining(says)]);
    expect(found[0]?.fix).toContain(fix);
  });

  it("asks for no consent of a namespace that a policy protects", () => {
    const policies = [POLICY, { ...POLICY, name: "no", protectedNamespaces: ["staging"] }];
    expect(diagnose({ ...SOUND, policies, consents: [] })).toEqual([]);
  });
});
