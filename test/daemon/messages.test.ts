import { describe, expect, it } from "vitest";
import { Direction } from "../../src/daemon/generated/chaosgate/daemon/v1/daemon_pb.ts";
import { injectRequest } from "../../src/daemon/messages.ts";
import type { FaultRequest, NetworkFaultOrder } from "../../src/run/ports.ts";

const VICTIM = { namespace: "shop", pod: "checkout-1", podUid: "u1", container: "main", localPid: 7 };

const STILL = {
  kind: "netem",
  delayMs: 0,
  jitterMs: 0,
  delayCorrelation: 0,
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
} as const;

function onTheWire(order: Omit<NetworkFaultOrder, "kind">) {
  const request: FaultRequest = {
    ticket: "t",
    runId: "r",
    faultId: "f0",
    epoch: 1,
    victim: VICTIM,
    deadlineMs: 30_000,
    fault: { kind: "network", ...order },
  };
  const { fault } = injectRequest(request);
  if (fault.case !== "network") throw new Error(`a network order became ${fault.case}`);
  return fault.value;
}

function acting(act: NetworkFaultOrder["act"]) {
  return onTheWire({ direction: "to", peers: [], exempt: [], act });
}

describe("a network order on the wire", () => {
  it("has its times in microseconds and its line in bytes per second", () => {
    const { netem } = acting({ ...STILL, delayMs: 1.5, jitterMs: 0.5, rate: 125_000, reorder: 25, reorderGap: 5 });
    expect(netem).toMatchObject({ delayUs: 1_500n, jitterUs: 500n, rate: 125_000n, reorder: 25, reorderGap: 5 });
  });

  it("is exactly one of netem, bandwidth and partition", () => {
    const bucket = { kind: "bandwidth", rate: 1_000, limit: 3_000, buffer: 1_600, peakrate: 0, minburst: 0 } as const;
    const acts = [acting({ ...STILL, loss: 5 }), acting(bucket), acting({ kind: "partition" })];
    expect(
      acts.map(({ netem, bandwidth, partition }) => [netem, bandwidth, partition].map((one) => one !== undefined)),
    ).toEqual([
      [true, false, false],
      [false, true, false],
      [false, false, true],
    ]);
    expect(acts[1]?.bandwidth).toMatchObject({ rate: 1_000n, limit: 3_000, buffer: 1_600, peakrate: 0n, minburst: 0 });
  });

  it("tells peers by address from peers by name", () => {
    const peers = [
      { cidr: "10.0.0.0/8", port: 443 },
      { name: "payment.shop", port: 0 },
    ];
    const { peers: sent, direction } = onTheWire({ direction: "both", peers, exempt: [], act: { kind: "partition" } });
    expect(direction).toBe(Direction.BOTH);
    expect(sent.map(({ cidr, name, port }) => ({ cidr, name, port }))).toEqual([
      { cidr: "10.0.0.0/8", name: "", port: 443 },
      { cidr: "", name: "payment.shop", port: 0 },
    ]);
  });

  it.each([{ resetsConnections: true as const, sent: true }, { sent: false }])(
    "ends connections only where it is said: $sent",
    ({ sent, ...asked }) => {
      const order = { direction: "to", peers: [], exempt: [], act: { kind: "partition" }, ...asked } as const;
      expect(onTheWire(order).resetEstablished).toBe(sent);
    },
  );
});
