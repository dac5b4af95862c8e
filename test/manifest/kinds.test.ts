import { describe, expect, it } from "vitest";
import { experimentOf, judge, plain, problemCodes } from "./manifests.ts";

const KINDS = [
  "IOChaos",
  "TimeChaos",
  "StressChaos",
  "HTTPChaos",
  "DNSChaos",
  "JVMChaos",
  "KernelChaos",
  "BlockChaos",
] as const;

describe("an experiment that hits pods", () => {
  it.each(KINDS)("is accepted as the %s that stands in the other tests", (kind) => {
    expect(problemCodes(experimentOf(kind))).toEqual([]);
  });

  it.each(KINDS)("is refused as a %s with a field of another kind, or without a mode", (kind) => {
    expect(problemCodes(experimentOf(kind, "externalTargets: [example.org]"))).toEqual(["field-unknown"]);
    expect(problemCodes(experimentOf(kind, "-mode"))).toEqual(["field-missing"]);
    expect(problemCodes(experimentOf(kind, "mode: fixed", "value: 30%"))).toEqual(["value-not-a-count"]);
  });

  it.each([
    { kind: "IOChaos", lines: ["action: slow"], codes: ["value-not-listed"] },
    { kind: "IOChaos", lines: ["action: fault"], codes: ["parameter-missing"] },
    { kind: "IOChaos", lines: ["action: fault", "errno: 0"], codes: ["parameter-missing"] },
    { kind: "IOChaos", lines: ["errno: -1"], codes: ["number-out-of-range"] },
    { kind: "IOChaos", lines: ["percent: 101"], codes: ["number-out-of-range"] },
    { kind: "IOChaos", lines: ["attr: { perm: 70000 }"], codes: ["number-out-of-range"] },
    {
      kind: "IOChaos",
      lines: ["mistake: { filling: ones, maxLength: 0 }"],
      codes: ["value-not-listed", "number-out-of-range"],
    },
    { kind: "TimeChaos", lines: ["-timeOffset"], codes: ["field-missing"] },
    { kind: "TimeChaos", lines: ["timeOffset: 1 day"], codes: ["duration-malformed"] },
    { kind: "TimeChaos", lines: ["timeOffset: ''"], codes: ["duration-malformed"] },
    { kind: "StressChaos", lines: ["-stressors"], codes: ["stressors-missing"] },
    { kind: "StressChaos", lines: ["stressors: {}"], codes: ["stressors-missing"] },
    { kind: "StressChaos", lines: ["stressors: { cpu: { load: 200 } }"], codes: ["number-out-of-range"] },
    { kind: "StressChaos", lines: ["stressors: { memory: { size: 200Mi } }"], codes: ["size-malformed"] },
    { kind: "HTTPChaos", lines: ["patch: { headers: [null] }"], codes: ["wrong-type"] },
    { kind: "HTTPChaos", lines: ["replace: { body: [256] }"], codes: ["wrong-type"] },
    { kind: "TimeChaos", lines: ["timeOffset: 9223372036854775808ns"], codes: ["duration-malformed"] },
    { kind: "IOChaos", lines: ["attr: { ino: 99999999999999999999 }"], codes: ["number-out-of-range"] },
    { kind: "HTTPChaos", lines: ["-port"], codes: ["field-missing"] },
    { kind: "HTTPChaos", lines: ["port: 0"], codes: ["number-out-of-range"] },
    { kind: "HTTPChaos", lines: ["method: get"], codes: ["method-unknown"] },
    { kind: "HTTPChaos", lines: ["delay: ''"], codes: ["duration-malformed"] },
    { kind: "HTTPChaos", lines: ["replace: { body: '{}' }"], codes: ["base64-malformed"] },
    { kind: "DNSChaos", lines: ["action: nxdomain"], codes: ["value-not-listed"] },
    { kind: "JVMChaos", lines: ["action: latency", "latency: 5"], codes: ["parameter-missing", "parameter-missing"] },
    { kind: "JVMChaos", lines: ["action: stress"], codes: ["parameter-missing"] },
    {
      kind: "JVMChaos",
      lines: ["action: stress", "cpuCount: 1", "memType: heap"],
      codes: ["parameters-exclude-each-other"],
    },
    { kind: "JVMChaos", lines: ["action: stress", "memType: disk"], codes: ["value-not-listed"] },
    {
      kind: "JVMChaos",
      lines: ["action: mysql", "mysqlConnectorVersion: '7'", "latency: 5"],
      codes: ["value-not-listed"],
    },
    { kind: "KernelChaos", lines: ["failKernRequest: { failtype: 3 }"], codes: ["number-out-of-range"] },
    { kind: "BlockChaos", lines: ["-delay"], codes: ["parameter-missing"] },
  ])("is refused as a $kind with $lines", ({ kind, lines, codes }) => {
    expect(problemCodes(experimentOf(kind, ...lines))).toEqual(codes);
  });

  it.each([
    { kind: "IOChaos", lines: ["-volumePath"] },
    { kind: "StressChaos", lines: ["stressors: { memory: { size: 50% } }"] },
    { kind: "StressChaos", lines: ["stressors: { memory: { workers: 1, size: 256 MiB } }"] },
    { kind: "HTTPChaos", lines: ["target: Response", "method: get"] },
    { kind: "HTTPChaos", lines: ["delay: -1.5h", "replace: { body: e30= }"] },
    { kind: "KernelChaos", lines: ["-failKernRequest"] },
    { kind: "JVMChaos", lines: ["action: exception", "class: A", "method: b", "exception: new E()"] },
  ])("is accepted as a $kind with $lines, because the cluster accepts it", ({ kind, lines }) => {
    expect(problemCodes(experimentOf(kind, ...lines))).toEqual([]);
  });

  it("is told how to write a size that Kubernetes writes otherwise", () => {
    const [problem] = judge(experimentOf("StressChaos", "stressors: { memory: { size: 200Mi } }")).problems;
    expect(problem).toMatchObject({ path: "spec.stressors.memory.size", likely: "'200MiB'" });
  });
});

describe("an experiment on a cloud", () => {
  it.each([
    { kind: "AWSChaos", lines: ["action: detach-volume"], count: 2 },
    { kind: "AzureChaos", lines: ["action: disk-detach", "diskName: a"], count: 1 },
    { kind: "GCPChaos", lines: ["action: disk-loss"], count: 1 },
  ])("is refused as a $kind with $lines", ({ kind, lines, count }) => {
    expect(problemCodes(plain(kind, ...lines))).toEqual(Array(count).fill("parameter-missing"));
  });

  it("is accepted without the machine that it is to stop, because the cluster accepts it", () => {
    expect(problemCodes(plain("AWSChaos", "action: ec2-stop"))).toEqual([]);
  });
});

describe("a StatusCheck", () => {
  const check = (http: string) => plain("StatusCheck", "type: HTTP", `http: ${http}`);

  it.each(["http://shop:8080/health", "/health", "mailto:x"])("is accepted with the url %s", (url) => {
    expect(problemCodes(check(`{ url: '${url}', criteria: { statusCode: 200-299 } }`))).toEqual([]);
  });

  it.each([
    { http: "{ url: shop/health, criteria: { statusCode: '200' } }", codes: ["url-malformed"] },
    { http: "{ url: 'http://sh op/', criteria: { statusCode: '200' } }", codes: ["url-malformed"] },
    { http: "{ url: /a, criteria: { statusCode: 2xx } }", codes: ["status-code-malformed"] },
    { http: "{ url: /a, criteria: { statusCode: '-5' } }", codes: ["status-code-malformed"] },
    { http: "{ url: /a, criteria: { statusCode: 200 } }", codes: ["text-not-quoted"] },
    { http: "{ url: /a }", codes: ["field-missing"] },
    { http: "null", codes: ["field-missing"] },
  ])("is refused with http $http", ({ http, codes }) => {
    expect(problemCodes(check(http))).toEqual(codes);
  });
});

describe("an experiment on physical machines", () => {
  const machines = (...lines: readonly string[]) =>
    plain(
      "PhysicalMachineChaos",
      "mode: one",
      ...(lines.some((line) => line.startsWith("action")) ? [] : ["action: stress-cpu"]),
      ...lines,
    );
  const block = "stress-cpu: { load: 10, workers: 1 }";

  it.each([
    { lines: [block, "address: [10.0.0.7:31767]"], codes: [] },
    { lines: [block, "selector: { namespaces: [shop] }"], codes: [] },
    { lines: [block, "selector: {}"], codes: ["address-or-selector"] },
    { lines: [block, "address: [a]", "selector: { namespaces: [shop] }"], codes: ["address-or-selector"] },
    { lines: ["address: [a]", "stress-mem: { size: 1GB }"], codes: ["parameter-missing"] },
    { lines: ["address: [a]", "stress-cpu: { load: 0, workers: 1 }"], codes: ["parameter-missing"] },
    { lines: ["address: [a]", "stress-cpu: { load: 1, workers: 1, size: 5 }"], codes: ["field-unknown"] },
    {
      lines: [
        "action: network-loss",
        "address: [a]",
        "network-loss: { device: eth0, percent: '0', correlation: '101' }",
      ],
      codes: ["percentage-malformed", "percentage-malformed"],
    },
    { lines: ["action: file-create", "address: [a]", "file-create: {}"], codes: ["parameter-missing"] },
    { lines: ["action: file-create", "address: [a]", "file-create: { dir-name: /tmp/x }"], codes: [] },
    { lines: ["action: kafka-io", "address: [a]", "kafka-io: { nonReadable: false }"], codes: ["parameter-missing"] },
    {
      lines: [
        "action: network-bandwidth",
        "address: [a]",
        "network-bandwidth: { device: eth0, rate: 1mbps, limit: 1 }",
      ],
      codes: ["field-missing"],
    },
  ])("is answered with $codes to $lines", ({ lines, codes }) => {
    expect(problemCodes(machines(...lines))).toEqual(codes);
  });
});
