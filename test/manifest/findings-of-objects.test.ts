import { describe, expect, it } from "vitest";
import { experimentOf, findingCodes, judge, networkChaos, plain, podChaos, schedule } from "./manifests.ts";

const TARGET = "target: { mode: all, selector: { namespaces: [shop], labelSelectors: { app: payment } } }";
const SELECTOR = (inside: string) => `selector: { namespaces: [shop], ${inside} }`;
const annotated = (text: string, annotation: string) =>
  text.replace("  namespace: shop\n", `  namespace: shop\n  annotations: { ${annotation} }\n`);

describe("a fault of zero", () => {
  it.each([
    { name: "a latency", text: networkChaos(TARGET, "delay: { latency: 0ms }") },
    { name: "a loss", text: networkChaos(TARGET, "action: loss", "-delay", "loss: { loss: '0.0' }") },
    { name: "a share of file operations", text: experimentOf("IOChaos", "percent: 0") },
    { name: "a delay of files", text: experimentOf("IOChaos", "delay: 0s") },
    { name: "a delay of requests", text: experimentOf("HTTPChaos", "-abort", "delay: 0s") },
    { name: "a load", text: experimentOf("StressChaos", "stressors: { cpu: { workers: 1, load: 0 } }") },
  ])("is found as $name", ({ text }) => expect(findingCodes(text)).toEqual(["fault-of-nothing"]));

  it.each([
    { name: "more than zero", text: networkChaos(TARGET, "delay: { latency: 1us }") },
    { name: "read by another action", text: experimentOf("IOChaos", "action: fault", "errno: 5", "-delay") },
  ])("is not found where it is $name", ({ text }) => expect(findingCodes(text)).toEqual([]));
});

describe("a latency that the daemon compares as text", () => {
  it.each(["0.5s", "05s", "00.5s", "0.9ms"])("is read as none: %s", (latency) => {
    expect(findingCodes(networkChaos(TARGET, `delay: { latency: ${latency} }`))).toEqual(["latency-read-as-none"]);
  });
  it.each(["1.5s", "500ms", "10us"])("is felt: %s", (latency) => {
    expect(findingCodes(networkChaos(TARGET, `delay: { latency: ${latency} }`))).toEqual([]);
  });
});

describe("a field that is read only beside another one", () => {
  it.each([
    { name: "a correlation without jitter", lines: ["delay: { latency: 1ms, correlation: '50' }"] },
    { name: "a target's device without rules there", lines: ["targetDevice: eth1"] },
    { name: "a device without rules there", lines: ["direction: from", "device: eth1"] },
  ])("is found as $name", ({ lines }) =>
    expect(findingCodes(networkChaos(TARGET, ...lines))).toEqual(["field-ignored"]),
  );

  it.each([
    { name: "a correlation of jitter", lines: ["delay: { latency: 9ms, jitter: 1ms, correlation: '50' }"] },
    { name: "both devices with rules at both ends", lines: ["direction: both", "device: eth1", "targetDevice: eth1"] },
  ])("is not found as $name", ({ lines }) => expect(findingCodes(networkChaos(TARGET, ...lines))).toEqual([]));

  it("is found as half of a burst", () => {
    const bandwidth = "bandwidth: { rate: 1mbit, limit: 1000, buffer: 1000, peakrate: 5 }";
    expect(findingCodes(networkChaos(TARGET, "action: bandwidth", "-delay", bandwidth))).toContain("field-ignored");
  });
});

describe("a selector by label that Kubernetes cannot read", () => {
  it.each([
    { name: "a wildcard", inside: "labelSelectors: { app: check* }" },
    { name: "a list as text", inside: "labelSelectors: { app: 'checkout,payment' }" },
    { name: "a key of two parts", inside: "labelSelectors: { a/b/c: x }" },
    { name: "In without values", inside: "expressionSelectors: [{ key: app, operator: In }]" },
    { name: "Exists with values", inside: "expressionSelectors: [{ key: app, operator: Exists, values: [a] }]" },
  ])("is found with $name", ({ inside }) => {
    expect(findingCodes(podChaos(SELECTOR(inside)))).toEqual(["label-selector-malformed"]);
  });

  it("is not found with what pods can carry", () => {
    const inside = "labelSelectors: { app.kubernetes.io/name: Check_out.1, empty: '' }";
    expect(findingCodes(podChaos(SELECTOR(inside)))).toEqual([]);
  });
});

describe("what the object says beside its fault", () => {
  it.each([
    { name: "a pause", text: annotated(podChaos(), "experiment.chaos-mesh.org/pause: 'true'"), code: "created-paused" },
    {
      name: "a pause of a Schedule",
      text: annotated(schedule(), "experiment.chaos-mesh.org/pause: 'true'"),
      code: "created-paused",
    },
    {
      name: "a pause of what happens once",
      text: annotated(podChaos("action: pod-kill", "-duration"), "experiment.chaos-mesh.org/pause: 'true'"),
      code: "pause-ignored",
    },
    {
      name: "a forced finalizer",
      text: annotated(podChaos(), "chaos-mesh.chaos-mesh.org/cleanFinalizer: forced"),
      code: "recovery-given-up",
    },
    { name: "another cluster", text: podChaos("remoteCluster: far"), code: "another-cluster" },
    { name: "a kind that needs a kernel module", text: experimentOf("BlockChaos"), code: "component-needed" },
    {
      name: "a pattern of names",
      text: experimentOf("DNSChaos", "patterns: ['*.org']"),
      code: "dns-pattern-malformed",
    },
    {
      name: "memory of no size",
      text: experimentOf("StressChaos", "stressors: { memory: { workers: 1, size: 0MB } }"),
      code: "stressor-without-size",
    },
    {
      name: "a machine without an end",
      text: plain("AWSChaos", "action: ec2-stop", "awsRegion: a", "ec2Instance: i"),
      code: "no-duration",
    },
  ])("is found as $name", ({ text, code }) => expect(findingCodes(text)).toEqual([code]));

  it("may be a pause that is over, an empty name, and a machine that restarts by itself", () => {
    expect(findingCodes(annotated(podChaos(), "experiment.chaos-mesh.org/pause: 'false'"))).toEqual([]);
    expect(findingCodes(podChaos("remoteCluster: ''"))).toEqual([]);
    expect(findingCodes(plain("AWSChaos", "action: ec2-restart", "awsRegion: a", "ec2Instance: i"))).toEqual([]);
  });

  it("stands at its line", () => {
    const { findings } = judge(annotated(podChaos(), "experiment.chaos-mesh.org/pause: 'true'"));
    expect(findings).toMatchObject([{ place: { line: 6 }, severity: "warning" }]);
  });
});
