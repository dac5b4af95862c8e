// What a client timeout makes of an injected delay. Units: milliseconds.

export type TimeoutRule = {
  /** Share of faulted calls that time out, 0..1. */
  readonly timedOut: number;
  /** `error-test`: all of them; `latency-test`: none; `mixed`: the jitter decides. */
  readonly kind: "error-test" | "latency-test" | "mixed";
};

/**
 * netem's jitter without a distribution is uniform in [delay - jitter, delay + jitter] (net/sched/sch_netem.c, tabledist), so the
 * share of calls with delay >= timeout - service time is a length over a length.
 */
export function timeoutRule(timeoutMs: number, serviceMs: number, delayMs: number, jitterMs: number): TimeoutRule {
  const room = timeoutMs - serviceMs;
  const timedOut = jitterMs === 0 ? Number(delayMs >= room) : clamp((delayMs + jitterMs - room) / (2 * jitterMs));
  return { timedOut, kind: kindOf(timedOut) };
}

function kindOf(timedOut: number): TimeoutRule["kind"] {
  if (timedOut === 1) return "error-test";
  return timedOut === 0 ? "latency-test" : "mixed";
}

function clamp(share: number): number {
  return Math.min(1, Math.max(0, share));
}
