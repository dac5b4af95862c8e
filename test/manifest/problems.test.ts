import { describe, expect, it } from "vitest";
import { judge, networkChaos, podChaos, problemCodes, schedule } from "./manifests.ts";

describe("a NetworkChaos", () => {
  it("is accepted as it stands in the other tests", () => {
    expect(problemCodes(networkChaos())).toEqual([]);
  });

  it.each([
    { name: "an action that does not exist", lines: ["action: reorder"], codes: ["value-not-listed"] },
    { name: "no action", lines: ["-action"], codes: ["field-missing"] },
    { name: "no mode", lines: ["-mode"], codes: ["field-missing"] },
    { name: "a mode in capitals", lines: ["mode: One"], codes: ["value-not-listed"] },
    { name: "fixed without a value", lines: ["mode: fixed"], codes: ["value-not-a-count"] },
    { name: "fixed with a percentage", lines: ["mode: fixed", "value: 30%"], codes: ["value-not-a-count"] },
    { name: "fixed with zero", lines: ["mode: fixed", "value: '0'"], codes: ["value-not-a-count"] },
    {
      name: "a percentage with a sign",
      lines: ["mode: fixed-percent", "value: 30%"],
      codes: ["value-not-a-percentage"],
    },
    {
      name: "a percentage above 100",
      lines: ["mode: fixed-percent", "value: '101'"],
      codes: ["value-not-a-percentage"],
    },
    { name: "a value that is a number", lines: ["mode: fixed", "value: 3"], codes: ["text-not-quoted"] },
    { name: "a field that does not exist", lines: ["targetPort: 80"], codes: ["field-unknown"] },
    { name: "a field in another case", lines: ["Device: eth0"], codes: ["field-unknown"] },
    { name: "a duration in days", lines: ["duration: 1d"], codes: ["duration-malformed"] },
    { name: "a duration that is a number", lines: ["duration: 300"], codes: ["text-not-quoted"] },
    { name: "a latency of two units", lines: ["delay: { latency: 1m30s }"], codes: ["latency-malformed"] },
    { name: "a delay without latency", lines: ["delay: { jitter: 1ms }"], codes: ["field-missing"] },
    { name: "a loss with a sign", lines: ["loss: { loss: 25% }"], codes: ["percentage-malformed"] },
    { name: "an empty loss", lines: ["loss: { loss: '' }"], codes: ["percentage-malformed"] },
    { name: "a rate with decimals", lines: ["rate: { rate: 1.5mbps }"], codes: ["rate-malformed"] },
    {
      name: "a bandwidth without limit and buffer",
      lines: ["bandwidth: { rate: 1mbps }"],
      codes: ["field-missing", "field-missing"],
    },
    {
      name: "a buffer of zero",
      lines: ["bandwidth: { rate: 1mbps, limit: 1, buffer: 0 }"],
      codes: ["number-out-of-range"],
    },
    {
      name: "a limit in quotes",
      lines: ["bandwidth: { rate: 1mbps, limit: '1', buffer: 1 }"],
      codes: ["number-quoted"],
    },
    { name: "a direction that does not exist", lines: ["direction: out"], codes: ["value-not-listed"] },
    { name: "both directions without a target", lines: ["direction: both"], codes: ["direction-needs-target"] },
    {
      name: "both directions with external targets",
      lines: ["direction: both", "externalTargets: [example.org]", "target: { mode: all }"],
      codes: ["direction-excludes-external-targets"],
    },
    {
      name: "a target without a mode",
      lines: ["target: { selector: { namespaces: [shop] } }"],
      codes: ["field-missing"],
    },
    { name: "a target with a bad value", lines: ["target: { mode: fixed, value: x }"], codes: ["value-not-a-count"] },
    { name: "a selector that is a list", lines: ["selector: [app]"], codes: ["wrong-type"] },
    {
      name: "a label that is a boolean",
      lines: ["selector: { labelSelectors: { canary: yes } }"],
      codes: ["text-not-quoted"],
    },
    { name: "version 1's scheduler", lines: ["scheduler: { cron: '@hourly' }"], codes: ["scheduler-of-version-1"] },
  ])("is refused for $name", ({ lines, codes }) => {
    expect(problemCodes(networkChaos(...lines))).toEqual(codes);
  });

  it.each([
    { name: "a value that one does not read", lines: ["value: 30%"] },
    { name: "a null", lines: ["device: null"] },
    { name: "an empty correlation", lines: ["loss: { loss: '5', correlation: '' }"] },
    { name: "an empty jitter", lines: ["delay: { latency: 1ms, jitter: '' }"] },
    { name: "an empty direction", lines: ["direction: ''"] },
    { name: "no selector at all", lines: ["selector:"] },
    { name: "a partition in both directions without a target", lines: ["action: partition", "direction: both"] },
    { name: "a loss that no packet can have", lines: ["loss: { loss: '150' }"] },
    { name: "an empty duration", lines: ["duration: ''"] },
    { name: "a reorder without a gap", lines: ["delay: { latency: 1ms, reorder: { reorder: '5' } }"] },
  ])("is accepted with $name, as the cluster does", ({ lines }) => {
    expect(problemCodes(networkChaos(...lines))).toEqual([]);
  });

  it("gets every mistake in one go, in the order of the file", () => {
    const { answer, problems } = judge(networkChaos("mode: fixed", "value: 30%", "duration: 5 minuets", "colour: red"));
    expect(answer).toBe("reject");
    expect(problems.map(({ path, place }) => [path, place.line])).toEqual([
      ["spec.value", 10],
      ["spec.duration", 11],
      ["spec.colour", 12],
    ]);
  });

  it("gets a suggestion for the whole line where the meaning is certain", () => {
    const [problem] = judge(networkChaos("mode: fixed-percent", "value: 30%  # a third")).problems;
    expect(problem?.suggestion).toEqual({ line: 11, endLine: 11, replacement: "  value: '30' # a third" });
  });

  it("gets no suggestion where the author may mean two things", () => {
    const [problem] = judge(networkChaos("mode: fixed", "value: 30%")).problems;
    expect(problem?.suggestion).toBeUndefined();
    expect(problem?.fix).toContain("fixed-percent");
  });
});

describe("a PodChaos", () => {
  it.each([
    { name: "an action by its short name", lines: ["action: kill"], codes: ["value-not-listed"] },
    { name: "container-kill without names", lines: ["action: container-kill"], codes: ["container-names-missing"] },
    { name: "a grace period below zero", lines: ["gracePeriod: -1"], codes: ["number-out-of-range"] },
    { name: "a grace period with a unit", lines: ["gracePeriod: 5s"], codes: ["number-quoted"] },
    { name: "a fraction of a second", lines: ["gracePeriod: 0.5"], codes: ["wrong-type"] },
    { name: "the delay of another kind", lines: ["delay: { latency: 1ms }"], codes: ["field-unknown"] },
  ])("is refused for $name", ({ lines, codes }) => {
    expect(problemCodes(podChaos(...lines))).toEqual(codes);
  });

  it("is accepted with container-kill and a name", () => {
    expect(problemCodes(podChaos("action: container-kill", "containerNames: [app]"))).toEqual([]);
  });
});

describe("a Schedule", () => {
  it.each([
    { name: "no block for its type", lines: ["-podChaos"], codes: ["schedule-block-missing"] },
    { name: "a type that does not exist", lines: ["type: Pod"], codes: ["value-not-listed"] },
    { name: "a cron of four fields", lines: ["schedule: '* * * *'"], codes: ["cron-malformed"] },
    { name: "a history of nothing", lines: ["historyLimit: 0"], codes: ["number-out-of-range"] },
    { name: "a policy of another scheduler", lines: ["concurrencyPolicy: Replace"], codes: ["value-not-listed"] },
    {
      name: "a mistake inside its block",
      lines: ["podChaos: { action: container-kill, mode: one }"],
      codes: ["container-names-missing"],
    },
    {
      name: "an empty jitter, which nothing defaults here",
      lines: [
        "type: NetworkChaos",
        "networkChaos: { action: delay, mode: one, delay: { latency: 1ms, jitter: '' } }",
        "-podChaos",
      ],
      codes: ["latency-malformed"],
    },
  ])("is refused for $name", ({ lines, codes }) => {
    expect(problemCodes(schedule(...lines))).toEqual(codes);
  });

  it("is the experiment that it repeats", () => {
    expect(judge(schedule()).experiment).toMatchObject({
      kind: "PodChaos",
      name: "slow-payment",
      selector: { namespaces: ["shop"] },
      schedule: { cron: "*/30 * * * *", concurrencyPolicy: "Forbid" },
    });
  });
});
