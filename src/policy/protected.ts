/** Namespaces that no settings can open: Kubernetes' own, and ours, whose loss would leave nobody to undo anything. */
export const ALWAYS_PROTECTED: readonly string[] = ["kube-system", "kube-public", "kube-node-lease", "chaosgate"];

/** Whether a namespace is never hit. */
export function isProtected(namespace: string, more: readonly string[]): boolean {
  return ALWAYS_PROTECTED.includes(namespace) || more.includes(namespace);
}
