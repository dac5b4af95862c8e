import { describe, expect, it } from "vitest";
import { plain, problemCodes } from "./manifests.ts";

const MACHINES = ["mode: all", "selector: { namespaces: [rack] }"];

function machineChaos(action: string, block: string): string {
  return plain("PhysicalMachineChaos", ...MACHINES, `action: ${action}`, `${action}: ${block}`);
}

describe("the parameters of an action on machines", () => {
  it.each([
    { action: "stress-mem", block: "{ size: 10M }" },
    { action: "stress-mem", block: "{ size: 1.5GiB }" },
    { action: "disk-fill", block: "{ size: 100c }" },
    { action: "network-delay", block: "{ device: eth0, latency: 10ms, accept-tcp-flags: SYN, ip-protocol: tcp }" },
    { action: "network-partition", block: "{ device: eth0, direction: from, hostname: shop.test }" },
    { action: "network-dns", block: "{ dns-domain-name: shop.test, dns-ip: 10.0.0.7 }" },
    { action: "redis-expiration", block: "{ addr: '10.0.0.7:6379', option: ANY }" },
    { action: "redis-cacheLimit", block: "{ addr: '10.0.0.7:6379', cacheSize: '0', percent: 50% }" },
    { action: "jvm-stress", block: "{ pid: 7, mem-type: heap }" },
  ])("of $action are accepted as $block", ({ action, block }) => {
    expect(problemCodes(machineChaos(action, block))).toEqual([]);
  });

  it.each([
    { action: "stress-mem", block: "{ size: 50% }", code: "size-malformed" },
    { action: "stress-mem", block: "{ size: '10' }", code: "size-malformed" },
    { action: "disk-fill", block: "{ size: 1K2KiB }", code: "size-malformed" },
    { action: "disk-read-payload", block: "{ size: 1K, payload-process-num: 256 }", code: "number-out-of-range" },
    {
      action: "network-delay",
      block: "{ device: eth0, latency: 10ms, accept-tcp-flags: SYN }",
      code: "parameter-missing",
    },
    {
      action: "network-partition",
      block: "{ device: eth0, direction: both, hostname: shop.test }",
      code: "value-not-listed",
    },
    { action: "network-dns", block: "{ dns-domain-name: shop.test }", code: "parameter-missing" },
    { action: "redis-expiration", block: "{ addr: '10.0.0.7:6379', option: XX }", code: "value-not-listed" },
    {
      action: "redis-cacheLimit",
      block: "{ addr: '10.0.0.7:6379', percent: 50% }",
      code: "parameters-exclude-each-other",
    },
    { action: "jvm-stress", block: "{ pid: 7, mem-type: heap, cpu-count: 1 }", code: "parameters-exclude-each-other" },
    { action: "jvm-gc", block: "{ pid: -7 }", code: "number-out-of-range" },
  ])("of $action are refused as $block", ({ action, block, code }) => {
    expect(problemCodes(machineChaos(action, block))).toEqual([code]);
  });
});
