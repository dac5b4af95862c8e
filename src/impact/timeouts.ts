// What a client timeout makes of an injected delay. Units: milliseconds.

import { type OutOfDomain, outside } from "./domain.ts";

export type TimeoutRule = {
  /** Share of faulted calls that time out, 0..1. */
  readonly timedOut: number;
  /** `error-test`: all of them; `latency-test`: none; `mixed`: the jitter decides. */
  readonly kind: "error-test" | "latency-test" | "mixed";
};

const DAY_MS = 86_400_000;

/**
 * netem's jitter without a distribution is uniform in [delay - jitter, delay + jitter] (net/sched/sch_netem.c, tabledist), so the
 * share of calls with delay >= timeout - service time is a length over a length. Up to a day each; a timeout above 0.
 */
export function timeoutRule(
  timeoutMs: number,
  serviceMs: number,
  delayMs: number,
  jitterMs: number,
): TimeoutRule | OutOfDomain {
  const wrong = outside(
    { name: "timeout", value: timeoutMs, above: 0, atMost: DAY_MS },
    { name: "service time", value: serviceMs, atLeast: 0, atMost: DAY_MS },
    { name: "delay", value: delayMs, atLeast: 0, atMost: DAY_MS },
    { name: "jitter", value: jitterMs, atLeast: 0, atMost: DAY_MS },
  );
  if (wrong !== undefined) return wrong;
  const room = timeoutMs - serviceMs;
  const late = jitterMs === 0 ? Number(delayMs >= room) : clamp((delayMs - room) / (2 * jitterMs) + 0.5);
  return { timedOut: late, kind: kindOf(late) };
}

function kindOf(timedOut: number): TimeoutRule["kind"] {
  if (timedOut === 1) return "error-test";
  return timedOut === 0 ? "latency-test" : "mixed";
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
