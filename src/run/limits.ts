import type { Policy } from "../policy/policy.ts";
import type { TicketClaims } from "../ticket/claims.ts";

/** The limits of a ticket as the policy that judged the review, so that one rule decides in both places. */
export function policyOf({ environment, limits }: TicketClaims): Policy {
  return {
    environment,
    namespaces: limits.namespaces,
    pairings: limits.pairings,
    protectedNamespaces: limits.protected_namespaces,
    caps: {
      pods: limits.max_pods,
      percent: limits.max_percent,
      durationMs: limits.max_duration_seconds * 1000,
      ...(limits.altered_data !== undefined && { alteredData: limits.altered_data }),
      ...(limits.max_clock_shift_seconds !== undefined && { clockShiftMs: limits.max_clock_shift_seconds * 1000 }),
    },
  };
}
