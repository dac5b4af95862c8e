import { describe, expect, it } from "vitest";
import { injectRequest } from "../../src/daemon/messages.ts";
import type { FaultOrder } from "../../src/run/ports.ts";

const VICTIM = { namespace: "shop", pod: "checkout-1", podUid: "u", container: "main", localPid: 7 };

function faultOf(fault: FaultOrder) {
  const request = { ticket: "t", runId: "t1-0", faultId: "f0", epoch: 1, victim: VICTIM, deadlineMs: 1500, fault };
  return injectRequest(request).fault;
}

describe("the message that asks for a fault", () => {
  it.each([
    { offsetMs: 150, offsetNs: 150_000_000n },
    { offsetMs: -150, offsetNs: -150_000_000n },
    { offsetMs: 0.000001, offsetNs: 1n },
    { offsetMs: -3_600_000.5, offsetNs: -3_600_000_500_000n },
  ])("shifts a clock by $offsetMs ms in whole nanoseconds", ({ offsetMs, offsetNs }) => {
    expect(faultOf({ kind: "clock", clocks: 0b11, offsetMs })).toMatchObject({
      case: "clock",
      value: { clocks: 3, offsetNs },
    });
  });

  it("sends a signal by its number", () => {
    expect(faultOf({ kind: "process", signal: "terminate" })).toMatchObject({ case: "process", value: { signal: 15 } });
  });
});
