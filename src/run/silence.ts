import type { SilenceRequest } from "./ports.ts";
import type { Target } from "./target.ts";
import type { Terms } from "./terms.ts";

/** Silences the alerts of the namespaces that are hit, until shortly after the poll that asks for it and no longer. */
export function silenceRequest(run: { readonly terms: Terms; readonly target: Target }, at: number): SilenceRequest {
  const { runId, experiment, claims, guard } = run.terms;
  const { namespaces } = run.target;
  const isRegex = namespaces.length > 1;
  // Namespaces are DNS labels, so there is nothing in them that a regular expression would read.
  const value = namespaces.join("|");
  return {
    runId,
    matchers: [{ name: "namespace", value, isRegex }],
    startsAt: at,
    endsAt: at + guard.silenceMs,
    comment: `chaos run ${runId}: ${experiment.namespace}/${experiment.name}, requested by ${claims.requester.login}`,
  };
}
