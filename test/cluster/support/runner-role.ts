import { CLUSTER_RIGHTS, CONSENT_RIGHTS, OWN_RIGHTS } from "../../../src/kubernetes/rights.ts";
import type { ApiServer } from "./api-server.ts";
import { mayNow, RUNNER } from "./objects.ts";
import { must } from "./own-kinds.ts";

const RBAC = "/apis/rbac.authorization.k8s.io/v1";

/** Gives `reader` the rights of the runner, as the chart does, and waits until it has them; the role of consent stays unbound. */
export async function bindRunner(cluster: ApiServer): Promise<void> {
  const roleOf = (kind: string, name: string) => ({ apiGroup: "rbac.authorization.k8s.io", kind, name });
  const own = `${RBAC}/namespaces/chaosgate`;
  await must(cluster, "POST", `${RBAC}/clusterroles`, {
    metadata: { name: "chaosgate-consent" },
    rules: CONSENT_RIGHTS,
  });
  await must(cluster, "POST", `${RBAC}/clusterroles`, {
    metadata: { name: "chaosgate-runner" },
    rules: CLUSTER_RIGHTS,
  });
  await must(cluster, "POST", `${RBAC}/clusterrolebindings`, {
    metadata: { name: "chaosgate-runner" },
    roleRef: roleOf("ClusterRole", "chaosgate-runner"),
    subjects: [RUNNER],
  });
  await must(cluster, "POST", `${own}/roles`, { metadata: { name: "chaosgate-runner" }, rules: OWN_RIGHTS });
  await must(cluster, "POST", `${own}/rolebindings`, {
    metadata: { name: "chaosgate-runner" },
    roleRef: roleOf("Role", "chaosgate-runner"),
    subjects: [RUNNER],
  });
  await mayNow(cluster, firstOf(CLUSTER_RIGHTS));
  await mayNow(cluster, { namespace: "chaosgate", ...firstOf(OWN_RIGHTS) });
}

function firstOf([right]: typeof OWN_RIGHTS) {
  return { group: right?.apiGroups[0], resource: right?.resources[0], verb: right?.verbs[0] };
}
