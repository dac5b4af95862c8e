import { describe, expect, it } from "vitest";
import { externalAddress } from "../../src/run/external-address.ts";
import { networkOrder, podOrder } from "../../src/run/order.ts";
import { aDelay, aKill } from "../fakes/experiment.ts";

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
        },
      },
    });
  });

  it("needs every effect that a netem action combines", () => {
    const netem = { loss: { percent: 5, correlation: 0 }, corrupt: { percent: 1, correlation: 0 } };
    const ordered = networkOrder(aDelay({ network: { ...aDelay().network, action: "netem", netem } }), AROUND);
    expect(ordered).toMatchObject({ effects: ["loss", "corrupt"] });
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
});
