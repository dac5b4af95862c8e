// Between the run's words and the wire's: milliseconds become microseconds, unions become one-ofs, and nothing is defaulted.

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type {
  FaultOrder,
  FaultReceipt,
  FaultRequest,
  NetworkFaultOrder,
  NodeCapabilities,
  PressureFaultOrder,
  VictimRef,
} from "../run/ports.ts";
import type { TcpFact } from "../selector/snapshot.ts";
import { fileIoFault } from "./file-messages.ts";
import {
  type CapabilitiesResponse,
  Direction,
  type InjectRequest,
  InjectRequestSchema,
  type InjectResponse,
  type NetworkFaultSchema,
  type PressureFaultSchema,
  type TcpSettings,
  type VictimSchema,
} from "./generated/chaosgate/daemon/v1/daemon_pb.ts";

const SIGNALS = { kill: 9, terminate: 15 } as const;
const DIRECTIONS = { to: Direction.TO, from: Direction.FROM, both: Direction.BOTH } as const;

/** The message that asks for a fault. */
export function injectRequest(request: FaultRequest): InjectRequest {
  const { ticket, runId, faultId, epoch, victim, deadlineMs, fault } = request;
  return create(InjectRequestSchema, {
    ticket,
    runId,
    faultId,
    epoch: BigInt(epoch),
    victim: victimMessage(victim),
    deadlineUs: microseconds(deadlineMs),
    fault: faultMessage(fault),
  });
}

function faultMessage(fault: FaultOrder): NonNullable<MessageInitShape<typeof InjectRequestSchema>["fault"]> {
  switch (fault.kind) {
    case "network":
      return { case: "network", value: networkFault(fault) };
    case "process":
      return { case: "process", value: { signal: SIGNALS[fault.signal] } };
    case "freeze":
      return { case: "freeze", value: {} };
    case "pressure":
      return { case: "pressure", value: pressureFault(fault) };
    case "file-io":
      return { case: "fileIo", value: fileIoFault(fault) };
    case "chaos-mesh":
      throw new Error("an object of Chaos Mesh was ordered from a daemon");
    case "clock":
      return { case: "clock", value: { clocks: fault.clocks, offsetNs: nanoseconds(fault.offsetMs) } };
  }
}

/** A victim on the wire, by its container's id or by its local pid. */
export function victimMessage(victim: VictimRef): MessageInitShape<typeof VictimSchema> {
  const { namespace, pod, podUid, container, containerId, localPid } = victim;
  const named = { namespace, pod, podUid, container };
  if (containerId !== undefined) return { ...named, target: { case: "containerId", value: containerId } };
  if (localPid !== undefined) return { ...named, target: { case: "localPid", value: localPid } };
  return named;
}

/** The daemon's receipt in the run's words. */
export function receiptFrom({ receipt }: InjectResponse): FaultReceipt {
  const { faultId = "", effect = "", backEnd = "", felt, did = [] } = receipt ?? {};
  const { measured = false, felt: wasFelt = false, how = "nobody measured it" } = felt ?? {};
  return { faultId, effect, backEnd, felt: { measured, felt: wasFelt, how }, did };
}

/** The daemon's capabilities in the run's words. */
export function capabilitiesFrom({ node, capabilities, maxima, lease, tcp }: CapabilitiesResponse): NodeCapabilities {
  return {
    node,
    effects: capabilities.map(({ effect, available, backEnd, reason }) => ({ effect, available, backEnd, reason })),
    maxDurationMs: Number((maxima?.maxDurationUs ?? 0n) / 1000n),
    lease: {
      renewEverySeconds: Number(lease?.renewEveryUs ?? 0n) / 1e6,
      expiresAfterSeconds: Number(lease?.expiresAfterUs ?? 0n) / 1e6,
    },
    ...(tcp !== undefined && { tcp: tcpFrom(tcp) }),
  };
}

function tcpFrom({ rmem, wmem, congestionControl }: TcpSettings): TcpFact {
  return { receiveMaxBytes: Number(rmem), sendMaxBytes: Number(wmem), congestionControl };
}

function networkFault(order: NetworkFaultOrder): MessageInitShape<typeof NetworkFaultSchema> {
  const { direction, peers, exempt, device = "", resetsConnections = false, act } = order;
  const traffic = {
    direction: DIRECTIONS[direction],
    peers: [...peers],
    exempt: [...exempt],
    device,
    resetEstablished: resetsConnections,
  };
  if (act.kind === "partition") return { ...traffic, partition: {} };
  if (act.kind === "bandwidth") {
    const { rate, limit, buffer, peakrate, minburst } = act;
    return { ...traffic, bandwidth: { rate: BigInt(rate), limit, buffer, peakrate: BigInt(peakrate), minburst } };
  }
  const { kind: _, delayMs, jitterMs, rate, ...percentages } = act;
  const [delayUs, jitterUs] = [microseconds(delayMs), microseconds(jitterMs)];
  return { ...traffic, netem: { ...percentages, delayUs, jitterUs, rate: BigInt(rate) } };
}

function pressureFault({ cpu, memory }: PressureFaultOrder): MessageInitShape<typeof PressureFaultSchema> {
  return { ...(cpu && { cpu }), ...(memory && { memory: { size: memorySize(memory) } }) };
}

function memorySize(memory: NonNullable<PressureFaultOrder["memory"]>) {
  if (memory.kind === "bytes") return { case: "bytes", value: BigInt(memory.bytes) } as const;
  return { case: "percentOfLimit", value: memory.percent } as const;
}

function nanoseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1e6));
}

function microseconds(ms: number): bigint {
  return BigInt(Math.round(ms * 1000));
}
