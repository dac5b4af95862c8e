import { describe, expect, it } from "vitest";
import { parseManifestFile } from "../../src/manifest/parse.ts";
import { type WrittenSpec, writtenSpec } from "../../src/manifest/written.ts";
import type { ClusterPolicy } from "../../src/policy/cluster-policy.ts";
import { CHAOS_MESH_NODE, chaosMeshOrder } from "../../src/run/chaos-mesh-order.ts";
import { resolve } from "../../src/run/resolve.ts";
import { aShop, someTerms } from "../fakes/run.ts";

const document = (kind: string, spec: string) => `apiVersion: chaos-mesh.org/v1alpha1
kind: ${kind}
metadata: { name: one, namespace: staging }
spec:
  mode: fixed
  value: "2"
  duration: 20s
  selector: { namespaces: [staging], labelSelectors: { app: checkout-service } }
${spec}`;

const DNS = document("DNSChaos", "  action: error\n  patterns: [example.com]\n");
const DELAY = document("NetworkChaos", "  action: delay\n  delay: { latency: 100ms }\n");
const peersAre = (direction: string) =>
  document(
    "NetworkChaos",
    `  action: delay
  delay: { latency: 100ms }
  direction: ${direction}
  target: { mode: all, selector: { namespaces: [staging], labelSelectors: { app: payment-service } } }
`,
  );
const KILL = document("PodChaos", "  action: pod-kill\n");

function policy(engines: readonly string[]): ClusterPolicy {
  return {
    name: "staging",
    namespaces: { names: ["staging"], matchLabels: {} },
    protectedNamespaces: [],
    pairings: [],
    kinds: [],
    caps: {},
    requiredLabels: {},
    ticketKeys: [],
    engines,
  };
}

function resolved(text: string, engines: readonly string[], isOn = true) {
  const experiment = parseManifestFile("one.yaml", text).documents[0]?.experiment;
  const written = writtenSpec(text, 0);
  if (experiment === undefined || written === undefined) throw new Error("the manifest is accepted");
  const terms = someTerms({ experiment, ...(isOn && { written }) });
  return resolve(terms, aShop(), [], { policies: [policy(engines)], at: terms.requestedAt });
}

describe("the engine of a run", () => {
  const both = ["builtin", "chaos-mesh"];
  it.each([
    { name: "is the builtin one where it can", text: DELAY, engines: both, is: "network" },
    { name: "is Chaos Mesh for a kind that only it has", text: DNS, engines: both, is: "chaos-mesh" },
    { name: "is Chaos Mesh where the policy names it alone", text: DELAY, engines: ["chaos-mesh"], is: "chaos-mesh" },
    {
      name: "is none where the policy names only the other",
      text: DNS,
      engines: ["builtin"],
      is: "the chaos-mesh engine may not inject",
    },
    {
      name: "is none for a kill that only Chaos Mesh may do",
      text: KILL,
      engines: ["chaos-mesh"],
      is: "nothing to recover",
    },
    {
      name: "is none where the runner has it off",
      text: DNS,
      engines: both,
      isOn: false,
      is: "DNSChaos is not available on this engine",
    },
  ])("$name", ({ text, engines, is, isOn = true }) => {
    const resolution = resolved(text, engines, isOn);
    const said = resolution.kind === "refused" ? resolution.refusals.join("; ") : resolution.target.order.kind;
    expect(said).toContain(is);
  });

  it("gives Chaos Mesh one object for each pod, all at its own place", () => {
    const resolution = resolved(DNS, both);
    if (resolution.kind === "refused") throw new Error(resolution.refusals.join());
    const { victims, order, effects, oneShot } = resolution.target;
    expect(victims.map(({ node }) => node)).toEqual([CHAOS_MESH_NODE, CHAOS_MESH_NODE]);
    expect({ order, effects, oneShot }).toEqual({
      order: { kind: "chaos-mesh", chaosKind: "DNSChaos", spec: { action: "error", patterns: ["example.com"] } },
      effects: ["DNSChaos"],
      oneShot: false,
    });
  });

  it("pins the peers that were judged, whoever matches when Chaos Mesh looks", () => {
    const resolution = resolved(peersAre("to"), ["chaos-mesh"]);
    if (resolution.kind === "refused") throw new Error(resolution.refusals.join());
    const { order } = resolution.target;
    const { target } = order.kind === "chaos-mesh" ? order.spec : {};
    expect(target).toMatchObject({ mode: "all", selector: { pods: { staging: expect.any(Array) } } });
    expect(JSON.stringify(target)).not.toContain("labelSelectors");
    expect(
      JSON.stringify(target)
        .match(/payment-\d/g)
        ?.toSorted(),
    ).toEqual(["payment-0", "payment-1"]);
  });

  it.each(["from", "both"])("is not Chaos Mesh where it would change peers that nobody asked: %s", (direction) => {
    const resolution = resolved(peersAre(direction), ["chaos-mesh"]);
    expect(resolution).toMatchObject({
      kind: "refused",
      refusals: expect.arrayContaining([expect.stringContaining("whose consent and caps were not asked for")]),
    });
  });

  it.each<{ name: string; written: WrittenSpec | undefined; why: string }>([
    { name: "nothing", written: undefined, why: "CHAOSGATE_CHAOS_MESH is off" },
    { name: "a Workflow", written: { kind: "Workflow", spec: {} }, why: "Workflow is not run" },
    {
      name: "another cluster",
      written: { kind: "DNSChaos", spec: { action: "error", remoteCluster: "c2" } },
      why: "remoteCluster names another cluster",
    },
    {
      name: "a target of nobody",
      written: { kind: "NetworkChaos", spec: { action: "delay", target: { mode: "all", selector: {} } } },
      why: "the target matches no pod",
    },
    { name: "a machine", written: { kind: "PhysicalMachineChaos", spec: {} }, why: "is not run" },
  ])("is not asked for $name", ({ written, why }) => {
    expect(chaosMeshOrder(written)).toEqual({ kind: "unavailable", why: expect.stringContaining(why) });
  });
});

it("the spec of a Schedule is that of the chaos which it repeats", () => {
  const schedule = `kind: Schedule
spec:
  schedule: "@hourly"
  type: DNSChaos
  dnsChaos: { action: error, patterns: [a, b], mode: one }
`;
  expect(writtenSpec(schedule, 0)).toEqual({
    kind: "DNSChaos",
    spec: { action: "error", patterns: ["a", "b"], mode: "one" },
  });
});
