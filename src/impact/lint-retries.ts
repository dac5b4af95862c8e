// What the model says of calls that are made again, and of callers that do not wait for them.

import type { FaultedCall } from "./calls.ts";
import type { ImpactRemark } from "./codes.ts";
import { type Deadline, judgeChain, type Wasted } from "./deadlines.ts";
import { isFigure } from "./domain.ts";
import { waitsLonger } from "./erlang-c.ts";
import type { PacketFault } from "./fault.ts";
import { rateOf, serviceTimeOf } from "./inputs.ts";
import { retryFixedPoint } from "./retries.ts";
import type { ServiceModel } from "./service-model.ts";
import { milliseconds, short } from "./units.ts";

/** Remarks on the retries of one faulted call, and on the timeouts above it. */
export function lintRetries(
  faulted: FaultedCall,
  fault: PacketFault,
  services: readonly ServiceModel[],
): readonly ImpactRemark[] {
  return [...metastable(faulted, fault, services), ...outlived(faulted, services)];
}

/** `checkout -> payment`. */
export function subjectOf({ caller, call }: FaultedCall): string {
  return `${caller.name} -> ${call.to}`;
}

/** Each of two thousand rates asks Erlang's recurrence once for every worker; beyond this a review would take seconds. */
const MOST_WORKERS = 1000;

/**
 * Whether retries may keep the called service down: its workers are M/M/c with a queue, and a call that waits beyond its timeout is
 * work for nobody that comes again. Above capacity every call times out.
 */
function metastable(
  faulted: FaultedCall,
  fault: PacketFault,
  services: readonly ServiceModel[],
): readonly ImpactRemark[] {
  const { call } = faulted;
  const [rate, serviceSeconds] = [rateOf(faulted), serviceTimeOf(faulted).value / 1000];
  const workers = services.find(({ name }) => name === call.to)?.pool;
  if (call.retries === 0 || rate === undefined || workers === undefined || serviceSeconds === 0) return [];
  const most = rate.value * call.perRequest * (call.retries + 1);
  if (workers > MOST_WORKERS || most * serviceSeconds < workers) return [];
  const timeoutSeconds = (call.timeoutMs ?? Number.POSITIVE_INFINITY) / 1000;
  if (!fault.partition && fault.delayMs / 1000 < timeoutSeconds - serviceSeconds) return [];
  const failureAt = (ratePerSecond: number): number => {
    const late = waitsLonger({ servers: workers, ratePerSecond, serviceSeconds }, Math.min(86_400, timeoutSeconds));
    return isFigure(late) ? late : 1;
  };
  const found = retryFixedPoint(rate.value * call.perRequest, call.retries, failureAt);
  if (found.kind !== "fixed-point" || !found.mayNotRecover) return [];
  const held = found.settlings.at(-1)?.ratePerSecond ?? 0;
  return [
    {
      code: "retries-metastable",
      severity: "warning",
      path: "spec",
      message: `${call.retries} retries turn ${short(rate.value)} calls a second of ${subjectOf(faulted)} into ${short(held)}, and ${call.to} can serve ${short(workers / serviceSeconds)}: it may not recover after the fault ends.`,
      fix: "Give the client a retry budget or fewer retries before this is run.",
    },
  ];
}

/** The caller's own callers: each must outlast what this call may take, all attempts together. */
function outlived(faulted: FaultedCall, services: readonly ServiceModel[]): readonly ImpactRemark[] {
  const { caller, call } = faulted;
  if (call.timeoutMs === undefined) return [];
  const inner: Deadline = {
    name: subjectOf(faulted),
    timeoutSeconds: call.timeoutMs / 1000,
    attempts: (call.retries + 1) * Math.max(1, call.perRequest),
    backoffSeconds: 0,
  };
  return services.flatMap((service) =>
    service.calls.flatMap((outer) => {
      if (outer.to !== caller.name || outer.timeoutMs === undefined) return [];
      const name = `${service.name} -> ${outer.to}`;
      const chain = judgeChain([
        { name, timeoutSeconds: outer.timeoutMs / 1000, attempts: 1, backoffSeconds: 0 },
        inner,
      ]);
      return chain.kind === "chain" ? chain.wasted.map(outlivedRemark) : [];
    }),
  );
}

function outlivedRemark({ outer, inner, outerSeconds, innerSeconds }: Wasted): ImpactRemark {
  return {
    code: "timeout-outlived",
    severity: "notice",
    path: "spec",
    message: `${outer} gives up after ${milliseconds(1000 * outerSeconds)}, while ${inner} may go on for ${milliseconds(1000 * innerSeconds)}: under this fault that work is for nobody.`,
    fix: "Let the outer timeout outlast the inner one with all its attempts.",
  };
}
