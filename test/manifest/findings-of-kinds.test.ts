import { describe, expect, it } from "vitest";
import { experimentOf, findingCodes, judge, plain } from "./manifests.ts";

describe("an experiment of a further kind", () => {
  it.each(["IOChaos", "TimeChaos", "StressChaos", "HTTPChaos", "DNSChaos", "JVMChaos"])(
    "may be free of traps as a %s, and is found without a duration",
    (kind) => {
      expect(findingCodes(experimentOf(kind))).toEqual([]);
      expect(findingCodes(experimentOf(kind, "-duration"))).toEqual(["no-duration"]);
    },
  );

  it.each([
    { kind: "IOChaos", lines: ["-delay"], codes: ["action-without-block"] },
    { kind: "IOChaos", lines: ["delay: ''"], codes: ["action-without-block"] },
    { kind: "IOChaos", lines: ["action: attrOverride", "-delay"], codes: ["action-without-block"] },
    { kind: "IOChaos", lines: ["action: mistake", "-delay", "mistake: { filling: zero }"], codes: [] },
    { kind: "IOChaos", lines: ["errno: 5"], codes: ["block-of-another-action"] },
    { kind: "IOChaos", lines: ["-volumePath"], codes: ["volume-path-missing"] },
    { kind: "IOChaos", lines: ["methods: [read, wriet]"], codes: ["io-method-unknown"] },
    { kind: "TimeChaos", lines: ["timeOffset: 0s"], codes: ["offset-of-nothing"] },
    { kind: "TimeChaos", lines: ["clockIds: [CLOCK_REALTIME, CLOCK_TAI]"], codes: ["clock-unknown"] },
    { kind: "TimeChaos", lines: ["duration: 5 minutes"], codes: ["duration-unreadable"] },
    {
      kind: "StressChaos",
      lines: ["stressngStressors: --cpu 1"],
      codes: ["stressng-stressors-dead"],
    },
    { kind: "StressChaos", lines: ["stressors: { cpu: { workers: 0 } }"], codes: ["stressor-without-workers"] },
    {
      kind: "StressChaos",
      lines: ["stressors: { cpu: { workers: 1 }, memory: { size: 50% } }"],
      codes: ["stressor-without-workers"],
    },
    { kind: "HTTPChaos", lines: ["abort: false"], codes: ["action-without-block"] },
    { kind: "HTTPChaos", lines: ["-abort", "delay: 1s"], codes: [] },
  ])("has the traps $codes as a $kind with $lines", ({ kind, lines, codes }) => {
    expect(findingCodes(experimentOf(kind, ...lines)).toSorted()).toEqual(codes);
  });

  it("is told what was probably meant", () => {
    const { findings } = judge(experimentOf("IOChaos", "methods: [wriet]"));
    expect(findings).toMatchObject([{ path: "spec.methods[0]", fix: "Write write." }]);
  });
});

describe("a fault in a Workflow", () => {
  const workflow = (template: string) => plain("Workflow", "entry: only", `templates: [{ name: only, ${template} }]`);
  const selector = "selector: { namespaces: [shop], labelSelectors: { app: checkout } }";

  it("may be free of traps", () => {
    const template = `templateType: TimeChaos, deadline: 5m, timeChaos: { mode: one, timeOffset: 1h, ${selector} }`;
    expect(findingCodes(workflow(template))).toEqual([]);
  });

  it("has the traps of its kind, and none of a duration", () => {
    const template = "templateType: TimeChaos, deadline: 5m, timeChaos: { mode: one, timeOffset: 0s }";
    expect(findingCodes(workflow(template)).toSorted()).toEqual([
      "namespaces-omitted",
      "offset-of-nothing",
      "selects-whole-namespace",
    ]);
  });

  it("needs a deadline, unless it happens once", () => {
    const pods = (action: string) => `templateType: PodChaos, podChaos: { action: ${action}, mode: one, ${selector} }`;
    expect(findingCodes(workflow(pods("pod-failure")))).toEqual(["deadline-of-template-missing"]);
    expect(findingCodes(workflow(pods("pod-kill")))).toEqual([]);
  });
});
