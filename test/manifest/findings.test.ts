import { describe, expect, it } from "vitest";
import { findingCodes, judge, networkChaos, podChaos, schedule } from "./manifests.ts";

const TARGET = "target: { mode: all, selector: { namespaces: [shop], labelSelectors: { app: payment } } }";

describe("an experiment that the cluster admits", () => {
  it("may be free of traps", () => {
    expect(findingCodes(networkChaos(TARGET))).toEqual([]);
    expect(findingCodes(podChaos())).toEqual([]);
  });

  it.each([
    { name: "no duration", lines: ["-duration"], code: "no-duration" },
    { name: "an empty duration", lines: ["duration: ''"], code: "duration-unreadable" },
    { name: "a duration below zero", lines: ["duration: -5m"], code: "duration-not-positive" },
    { name: "an action without its block", lines: ["action: loss", "-delay"], code: "action-without-block" },
    { name: "netem without any block", lines: ["action: netem", "-delay"], code: "action-without-block" },
    { name: "the block of another action", lines: ["loss: { loss: '5' }"], code: "block-of-another-action" },
    {
      name: "a loss above 100",
      lines: ["action: loss", "-delay", "loss: { loss: '150' }"],
      code: "percentage-out-of-range",
    },
    {
      name: "a loss that is not a number",
      lines: ["action: loss", "-delay", "loss: { loss: NaN }"],
      code: "percentage-out-of-range",
    },
    { name: "a latency in minutes", lines: ["delay: { latency: 5m }"], code: "latency-unit-unknown-to-tc" },
    { name: "a latency below one", lines: ["delay: { latency: 0.5s }"], code: "latency-read-as-none" },
    { name: "more jitter than latency", lines: ["delay: { latency: 1ms, jitter: 2ms }"], code: "jitter-above-latency" },
    {
      name: "a selector that narrows nothing",
      lines: ["selector: { namespaces: [shop] }"],
      code: "selects-whole-namespace",
    },
    { name: "no namespaces", lines: ["selector: { labelSelectors: { app: x } }"], code: "namespaces-omitted" },
    {
      name: "a share that may be zero",
      lines: ["mode: random-max-percent", "value: '50'"],
      code: "may-select-nothing",
    },
    { name: "a value that is not read", lines: ["mode: all", "value: '3'"], code: "value-ignored" },
    {
      name: "pods beside labels",
      lines: ["selector: { namespaces: [shop], pods: { shop: [a] }, labelSelectors: { app: x } }"],
      code: "pods-override-selectors",
    },
    {
      name: "a field that selects nothing",
      lines: ["selector: { namespaces: [shop], fieldSelectors: { spec.image: x } }"],
      code: "field-selector-unsupported",
    },
    {
      name: "a phase that does not exist",
      lines: ["selector: { namespaces: [shop], podPhaseSelectors: [Runing] }"],
      code: "pod-phase-unknown",
    },
    {
      name: "an external target with a scheme",
      lines: ["externalTargets: ['http://example.org']"],
      code: "external-target-malformed",
    },
  ])("is found with $name", ({ lines, code }) => {
    expect(findingCodes(networkChaos(TARGET, ...lines))).toContain(code);
  });

  it("is blocked as a partition of everything", () => {
    const { findings } = judge(networkChaos("action: partition", "-delay"));
    expect(findings).toMatchObject([{ code: "hits-all-traffic", severity: "error", path: "spec.target" }]);
  });

  it.each([
    { name: "a duration on a pod-kill", lines: ["action: pod-kill"], code: "duration-ignored" },
    { name: "a grace period on a pod-failure", lines: ["gracePeriod: 5"], code: "field-ignored" },
    { name: "container names on a pod-failure", lines: ["containerNames: [app]"], code: "field-ignored" },
  ])("is found as a PodChaos with $name", ({ lines, code }) => {
    expect(findingCodes(podChaos(...lines))).toEqual([code]);
  });

  it("need not have a duration as a pod-kill", () => {
    expect(findingCodes(podChaos("action: pod-kill", "-duration"))).toEqual([]);
  });

  it("cannot run from a Schedule with a name above 57 characters", () => {
    const name = (length: number) => schedule().replace("slow-payment", "x".repeat(length));
    expect(findingCodes(name(57))).toEqual([]);
    expect(findingCodes(name(58))).toEqual(["schedule-name-too-long"]);
  });

  it("is told where it would go without a namespace of its own", () => {
    expect(findingCodes(podChaos().replace("  namespace: shop\n", ""))).toEqual(["namespace-of-the-context"]);
  });
});
