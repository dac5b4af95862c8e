// What the model says against a fault on calls: experiment's fault and the calls that meet it enter, remarks leave.

import type { FaultedCall } from "./calls.ts";
import type { ImpactRemark } from "./codes.ts";
import { isFigure } from "./domain.ts";
import type { PacketFault } from "./fault.ts";
import { MSS_BYTES, rateOf, rttOf, serviceTimeOf, windowOf } from "./inputs.ts";
import { lintRetries, subjectOf } from "./lint-retries.ts";
import { NETEM_DEFAULT_LIMIT } from "./netem-queue.ts";
import { heldLonger, poolOf } from "./predict-pool.ts";
import { criticalDelaySeconds, fullAfterSeconds, saturationForm } from "./saturation.ts";
import type { ServiceModel } from "./service-model.ts";
import { timeoutRule } from "./timeouts.ts";
import { milliseconds, short } from "./units.ts";

const LATENCY = "spec.delay.latency";

/** Every remark on one faulted call. */
export function lintCall(
  faulted: FaultedCall,
  fault: PacketFault,
  services: readonly ServiceModel[],
): readonly ImpactRemark[] {
  return [
    ...errorTest(faulted, fault),
    ...saturation(faulted, fault),
    ...timers(faulted, fault),
    ...queueDrops(faulted, fault),
    ...lintRetries(faulted, fault, services),
  ];
}

function errorTest(faulted: FaultedCall, { delayMs, jitterMs }: PacketFault): readonly ImpactRemark[] {
  const { timeoutMs } = faulted.call;
  if (timeoutMs === undefined || delayMs === 0) return [];
  const service = serviceTimeOf(faulted).value;
  const rule = timeoutRule(timeoutMs, service, delayMs, jitterMs);
  if (rule.kind !== "error-test") return [];
  const room = timeoutMs - service - jitterMs;
  const shorter = room > 0 ? `Delay less than ${milliseconds(room)} for a latency test, or` : "For a latency test";
  return [
    {
      code: "error-test",
      severity: "warning",
      path: LATENCY,
      message: `${subjectOf(faulted)} gives up after ${milliseconds(timeoutMs)} and the round trip takes ${milliseconds(delayMs)} longer: this is an error test, 100 % of the faulted calls will time out.`,
      fix: `${shorter} raise the client's timeout; as an error test keep it.`,
    },
  ];
}

function saturation(faulted: FaultedCall, fault: PacketFault): readonly ImpactRemark[] {
  const known = poolOf(faulted, fault);
  if (known === undefined || heldLonger(faulted, fault) === 0) return [];
  const { pool } = known;
  const room = (pool.timeoutSeconds ?? Number.POSITIVE_INFINITY) - pool.serviceSeconds;
  const form = saturationForm(fault.direction, faulted.victim);
  const full = fullAfterSeconds(form, { ...pool, addedSeconds: Math.max(0, Math.min(pool.addedSeconds, room)) });
  if (typeof full !== "number") return [];
  const critical = criticalDelaySeconds(pool, Math.max(1, faulted.call.perRequest));
  const bearable = isFigure(critical) ? `a round trip of ${milliseconds(1000 * critical)} more` : "no delay";
  return [
    {
      code: "pool-saturates",
      severity: "warning",
      path: fault.delayMs > 0 ? LATENCY : "spec",
      message: `the pool of ${pool.size} that ${subjectOf(faulted)} blocks is full ${milliseconds(1000 * full)} after injection, and then every request of ${faulted.caller.name} is refused.`,
      fix: `The pool bears ${bearable}; delay less, give the client a shorter timeout, or keep it to test just this.`,
    },
  ];
}

/** TCP's own clocks: 200 ms beyond the round trip for data, one second for a handshake (RFC 6298; TCP_RTO_MIN, TCP_TIMEOUT_INIT). */
function timers(faulted: FaultedCall, { delayMs }: PacketFault): readonly ImpactRemark[] {
  const delay = milliseconds(delayMs);
  if (delayMs + rttOf(faulted).value > 1000)
    return [
      {
        code: "syn-repeated",
        severity: "warning",
        path: LATENCY,
        message: `a handshake of ${subjectOf(faulted)} takes ${delay} longer than usual: its SYN is sent again after 1 s, and open connections send again once what was not lost.`,
        fix: "Keep the delay of a round trip below 1 s, unless slow connects are what is tested.",
      },
    ];
  if (delayMs <= 200) return [];
  return [
    {
      code: "spurious-retransmission",
      severity: "notice",
      path: LATENCY,
      message: `the round trip of ${subjectOf(faulted)} grows by ${delay} at once: open connections send again once what was not lost, and begin slow start anew.`,
      fix: "Read the first second of the run with that in mind, or keep the delay of a round trip to 200 ms.",
    },
  ];
}

/** Packets that netem would have to hold: of requests where the rate is known, of one full window where that is known. */
function queueDrops(faulted: FaultedCall, { delayMs, passes }: PacketFault): readonly ImpactRemark[] {
  if (delayMs === 0) return [];
  const [rate, { input: window }, rtt] = [rateOf(faulted), windowOf(faulted), rttOf(faulted)];
  const replicas = faulted.replicas?.of ?? Math.max(1, faulted.facts?.replicas ?? 1);
  const seconds = delayMs / passes / 1000;
  const ofRequests = ((rate?.value ?? 0) / replicas) * faulted.call.perRequest * seconds;
  const share = delayMs / passes / (delayMs + rtt.value);
  const ofWindow = window.from === "default" ? 0 : (window.value / MSS_BYTES.value) * share;
  const held = Math.max(ofRequests, ofWindow);
  if (held <= NETEM_DEFAULT_LIMIT) return [];
  return [
    {
      code: "queue-drops",
      severity: "warning",
      path: LATENCY,
      message: `${milliseconds(delayMs / passes)} of ${subjectOf(faulted)} are ${short(Math.ceil(held))} packets of single segments, and Chaos Mesh leaves netem's queue at ${NETEM_DEFAULT_LIMIT}: what does not fit is lost.`,
      fix: "Run it with chaosgate's own engine, which makes the queue long enough, or delay less.",
    },
  ];
}
