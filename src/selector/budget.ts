import { labelRequirements } from "./compile.ts";
import { meets } from "./label-requirement.ts";
import type { DisruptionBudget, PodFact } from "./snapshot.ts";

/** Whether a disruption budget counts the pod: one of its namespace that its selector matches; an empty selector matches all. */
export function isCovered(pod: PodFact, { namespace, matchLabels, matchExpressions = [] }: DisruptionBudget): boolean {
  if (pod.namespace !== namespace) return false;
  const requirements = labelRequirements({ labelSelectors: matchLabels, expressionSelectors: matchExpressions });
  return requirements?.every((one) => meets(pod.labels, one)) ?? false;
}
