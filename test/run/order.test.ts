import { describe, expect, it } from "vitest";
import type { NetworkFaultSpec } from "../../src/manifest/experiment.ts";
import { externalAddress, externalPeer } from "../../src/run/external-address.ts";
import { clockOrder, networkOrder, podOrder, stressOrder } from "../../src/run/order.ts";
import { aDelay, aKill, aSkew, aStress } from "../fakes/experiment.ts";

const AROUND = { peerIps: ["10.77.1.1", "fd00::2"], exempt: [{ cidr: "10.77.9.9/32", port: 0 }] };

describe("an external target", () => {
  it.each([
    { text: "10.0.0.1", cidr: "10.0.0.1/32", port: 0 },
    { text: "10.0.0.1:443", cidr: "10.0.0.1/32", port: 443 },
    { text: "10.0.0.0/8", cidr: "10.0.0.0/8", port: 0 },
    { text: "10.0.0.0/8:53", cidr: "10.0.0.0/8", port: 53 },
    { text: "fd00::1", cidr: "fd00::1/128", port: 0 },
    { text: "fd00::/64", cidr: "fd00::/64", port: 0 },
    { text: "[fd00::1]:443", cidr: "fd00::1/128", port: 443 },
  ])("$text is $cidr port $port", ({ text, cidr, port }) => {
    expect(externalAddress(text)).toEqual({ cidr, port });
  });

  it.each(["example.com", "256.0.0.1", "10.0.0.0/33", "10.0.0.1:70000", "fd00::/129", "", "10.0.0.1; rm"])(
    "%j is not an address",
    (text) => {
      expect(externalAddress(text)).toBeUndefined();
    },
  );
});

describe("an external target that is no address", () => {
  it.each([
    { text: "example.com", name: "example.com", port: 0 },
    { text: "payment.shop.svc:8080", name: "payment.shop.svc", port: 8080 },
    { text: "example.org.", name: "example.org.", port: 0 },
    { text: "db_1", name: "db_1", port: 0 },
  ])("$text is the name $name, port $port", ({ text, name, port }) => {
    expect(externalPeer(text)).toEqual({ name, port });
  });

  it.each([
    "256.0.0.1",
    "10.0.0.0/33",
    "http://example.org",
    "a b",
    "-a",
    "a..b",
    "",
    "example.com:70000",
    "10.0.0.1; rm",
  ])("%j is nothing", (text) => {
    expect(externalPeer(text)).toBeUndefined();
  });
});

describe("an order", () => {
  it("carries the manifest's figures, its peers and what is left alone", () => {
    expect(networkOrder(aDelay(), AROUND)).toEqual({
      kind: "order",
      effects: ["delay"],
      order: {
        kind: "network",
        direction: "to",
        peers: [
          { cidr: "10.77.1.1/32", port: 0 },
          { cidr: "fd00::2/128", port: 0 },
        ],
        exempt: AROUND.exempt,
        act: {
          kind: "netem",
          delayMs: 500,
          jitterMs: 50,
          delayCorrelation: 50,
          loss: 0,
          lossCorrelation: 0,
          duplicate: 0,
          duplicateCorrelation: 0,
          corrupt: 0,
          corruptCorrelation: 0,
          reorder: 0,
          reorderCorrelation: 0,
          reorderGap: 0,
          rate: 0,
        },
      },
    });
  });

  it("needs every effect that a netem action combines", () => {
    const netem = { loss: { percent: 5, correlation: 0 }, corrupt: { percent: 1, correlation: 0 } };
    const ordered = networkOrder(aDelay({ network: { ...aDelay().network, action: "netem", netem } }), AROUND);
    expect(ordered).toMatchObject({ effects: ["loss", "corrupt"] });
  });

  it("carries netem's line and what overtakes, with the effects that these need", () => {
    const delay = { latencyMs: 100, jitterMs: 0, correlation: 0, reorder: { percent: 25, correlation: 50, gap: 5 } };
    const network = { ...aDelay().network, action: "netem", netem: { delay, rateBytesPerSecond: 125_000 } } as const;
    expect(networkOrder(aDelay({ network }), AROUND)).toMatchObject({
      effects: ["delay", "reorder", "rate"],
      order: { act: { delayMs: 100, reorder: 25, reorderCorrelation: 50, reorderGap: 5, rate: 125_000 } },
    });
  });

  it("leaves reordering out where nothing is delayed, as Chaos Mesh does", () => {
    const reorder = { percent: 25, correlation: 50, gap: 5 };
    const netem = {
      delay: { latencyMs: 0, jitterMs: 0, correlation: 0, reorder },
      loss: { percent: 1, correlation: 0 },
    };
    const ordered = networkOrder(aDelay({ network: { ...aDelay().network, action: "netem", netem } }), AROUND);
    expect(ordered).toMatchObject({ order: { act: { reorder: 0, reorderGap: 0 } } });
  });

  it("of a bandwidth is a token bucket, with a second one where both of its figures are written", () => {
    const bandwidth = { rateBytesPerSecond: 1_000_000, limit: 20_000, buffer: 10_000 };
    const order = (bucket: NonNullable<NetworkFaultSpec["bandwidth"]>) =>
      networkOrder(
        aDelay({ network: { ...aDelay().network, action: "bandwidth", netem: {}, bandwidth: bucket } }),
        AROUND,
      );
    const act = { kind: "bandwidth", rate: 1_000_000, limit: 20_000, buffer: 10_000, peakrate: 0, minburst: 0 };
    expect(order(bandwidth)).toMatchObject({ effects: ["bandwidth"], order: { act } });
    const peak = { rateBytesPerSecond: 2_000_000, minburst: 1_600 };
    expect(order({ ...bandwidth, peak })).toMatchObject({ order: { act: { peakrate: 2_000_000, minburst: 1_600 } } });
  });

  it.each(["delay", "bandwidth"] as const)(
    "is not given for a %s without its block, which would do nothing",
    (action) => {
      const network = { ...aDelay().network, action, netem: {} };
      expect(networkOrder(aDelay({ network }), AROUND).kind).toBe("unavailable");
    },
  );

  it("leaves a name to the daemon, which looks it up as the victim would", () => {
    const network = { ...aDelay().network, externalTargets: ["example.com:443", "10.9.9.9"] };
    expect(networkOrder(aDelay({ network }), { ...AROUND, peerIps: [] })).toMatchObject({
      order: {
        peers: [
          { name: "example.com", port: 443 },
          { cidr: "10.9.9.9/32", port: 0 },
        ],
      },
    });
  });

  it("ends established connections only where the manifest asks for it", () => {
    const network = { ...aDelay().network, resetsConnections: true } as const;
    expect(networkOrder(aDelay({ network }), AROUND)).toMatchObject({ order: { resetsConnections: true } });
  });

  it("never widens a target that selects nobody to everybody", () => {
    expect(networkOrder(aDelay(), { ...AROUND, peerIps: [] }).kind).toBe("unavailable");
  });

  it("means every peer only where the manifest names none", () => {
    const { target: _, ...network } = aDelay().network;
    expect(networkOrder(aDelay({ network }), { ...AROUND, peerIps: [] })).toMatchObject({
      kind: "order",
      order: { peers: [] },
    });
  });

  it.each([
    { grace: 0, signal: "kill" },
    { grace: 30, signal: "terminate" },
  ])("for a pod kill with a grace of $grace s is to $signal", ({ grace, signal }) => {
    const kill = aKill({ pod: { action: "pod-kill", gracePeriodSeconds: grace, containerNames: [] } });
    expect(kill.kind === "PodChaos" && podOrder(kill)).toMatchObject({ order: { kind: "process", signal } });
  });

  it.each([
    { name: "both", stress: { cpu: { workers: 2, load: 50 }, memory: { kind: "percent", percent: 50 } } },
    { name: "cpu", stress: { cpu: { workers: 2, load: 50 } } },
    { name: "memory", stress: { memory: { kind: "bytes", bytes: 256_000_000 } } },
  ] as const)("for a stress of $name carries exactly that", ({ stress }) => {
    const effects = Object.keys(stress).map((part) => `${part}-pressure`);
    expect(stressOrder(aStress(stress))).toEqual({ kind: "order", order: { kind: "pressure", ...stress }, effects });
  });

  it.each([
    { name: "nothing", stress: {}, why: "starts no process" },
    { name: "more threads than a node should have", stress: { cpu: { workers: 257, load: 1 } }, why: "256 at most" },
  ])("for a stress of $name is none", ({ stress, why }) => {
    expect(stressOrder(aStress(stress))).toEqual({ kind: "unavailable", why: expect.stringContaining(why) });
  });

  it("for a pod failure is to stand still, with no image in it", () => {
    const failure = aKill({ pod: { action: "pod-failure", gracePeriodSeconds: 0, containerNames: [] } });
    expect(failure.kind === "PodChaos" && podOrder(failure)).toEqual({
      kind: "order",
      order: { kind: "freeze" },
      effects: ["process-freeze"],
    });
  });
});

describe("an order for a clock", () => {
  it.each([
    { clocks: ["CLOCK_REALTIME"], mask: 0b1 },
    { clocks: ["CLOCK_REALTIME", "CLOCK_MONOTONIC"], mask: 0b11 },
    { clocks: ["CLOCK_BOOTTIME", "CLOCK_REALTIME_COARSE"], mask: 0b1010_0000 },
    {
      clocks: ["CLOCK_MONOTONIC_RAW", "CLOCK_MONOTONIC_COARSE", "CLOCK_REALTIME_ALARM", "CLOCK_BOOTTIME_ALARM"],
      mask: 0b11_0101_0000,
    },
  ] as const)("names $clocks by their ids in Linux", ({ clocks, mask }) => {
    expect(clockOrder(aSkew({ clocks, offsetMs: 0.000001 }))).toEqual({
      kind: "order",
      order: { kind: "clock", clocks: mask, offsetMs: 0.000001 },
      effects: ["clock-skew"],
    });
  });

  it.each([
    {
      name: "CPU time",
      skew: aSkew({ clocks: ["CLOCK_REALTIME", "CLOCK_PROCESS_CPUTIME_ID"] }),
      why: /CLOCK_PROCESS_CPUTIME_ID/,
    },
    { name: "no clock", skew: aSkew({ clocks: [] }), why: /clockIds are not clocks/ },
    { name: "nothing", skew: aSkew({ offsetMs: 0 }), why: /timeOffset is zero/ },
  ])("is not there for $name", ({ skew, why }) => {
    expect(clockOrder(skew)).toEqual({ kind: "unavailable", why: expect.stringMatching(why) });
  });
});
