import type { ManifestDocument } from "../manifest/document.ts";
import type { Experiment, Selector } from "../manifest/experiment.ts";
import type { Finding } from "../manifest/problem.ts";
import type { Policy } from "./policy.ts";
import { isProtected } from "./protected.ts";
import type { Remark } from "./remark.ts";

/** Which namespaces a manifest may reach: its own or a paired one, inside the environment's, and never a protected one. */
export function judgeBoundaries(experiment: Experiment, policy: Policy): readonly Remark[] {
  const target = experiment.kind === "NetworkChaos" ? experiment.network.target?.selector : undefined;
  return [
    ...judgeSelector(experiment, experiment.selector, "selector", policy),
    ...(target === undefined ? [] : judgeSelector(experiment, target, "target.selector", policy)),
  ];
}

function judgeSelector(experiment: Experiment, selector: Selector, where: string, policy: Policy): readonly Remark[] {
  return reachedNamespaces(selector).flatMap((namespace) => {
    const path = `spec.${where}.${selector.pods === undefined ? "namespaces" : "pods"}`;
    const remark = whyNot(experiment.namespace, namespace, policy);
    return remark === undefined ? [] : [{ ...remark, path }];
  });
}

/** The boundaries of a document that the cluster would refuse: its author learns of them before the other mistakes are gone. */
export function judgeReaches(
  { namespace: own, reaches = [] }: Pick<ManifestDocument, "namespace" | "reaches">,
  policy: Policy,
): readonly Finding[] {
  return reaches.flatMap(({ namespace, path, place }) => {
    const remark = whyNot(own, namespace, policy);
    return remark === undefined ? [] : [{ ...remark, path, place }];
  });
}

/** Namespaces that a selector can reach at all. */
export function reachedNamespaces(selector: Selector): readonly string[] {
  return selector.pods === undefined ? selector.namespaces : Object.keys(selector.pods);
}

function whyNot(own: string, namespace: string, policy: Policy): Omit<Remark, "path"> | undefined {
  if (isProtected(namespace, policy.protectedNamespaces)) {
    const message = `namespace ${namespace} is protected: no experiment may reach it.`;
    return { code: "namespace-protected", severity: "error", message, fix: "Select pods of another namespace." };
  }
  const paired = policy.pairings.some(({ from, to }) => from === own && to === namespace);
  if (namespace !== own && !paired) {
    const message = `the experiment lives in ${own} and reaches into ${namespace}; a typo must not be able to cross that line.`;
    const fix = `Set metadata.namespace to ${namespace}, or have the settings of the default branch pair ${own} with ${namespace}.`;
    return { code: "namespace-foreign", severity: "error", message, fix };
  }
  if (policy.namespaces.length > 0 && !policy.namespaces.includes(namespace)) {
    const message = `namespace ${namespace} does not belong to environment ${policy.environment} (${policy.namespaces.join(", ")}).`;
    return {
      code: "namespace-outside-environment",
      severity: "error",
      message,
      fix: "Select pods of the environment's namespaces.",
    };
  }
  return undefined;
}
