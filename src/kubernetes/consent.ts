import { type Api, jsonBody } from "./api.ts";
import { GROUP } from "./crd/definition.ts";
import { record, refused } from "./list.ts";

/** What a namespace's RoleBinding gives the runner; no object of this resource exists. The chart ships the ClusterRole unbound. */
export const CONSENT = { group: GROUP, resource: "victims", verb: "disrupt" } as const;

export type Consent = { readonly granted: true } | { readonly granted: false; readonly why: string };

const PATH = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

/** Asks the API server's authorizer whether this namespace has given us the right to disrupt its pods. */
export async function askConsent(api: Api, namespace: string): Promise<Consent> {
  const review = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes: { namespace, ...CONSENT } },
  };
  const { status, body } = await api.ask({ method: "POST", path: PATH, body: jsonBody(review) });
  if (status !== 201) throw refused(api, PATH, status, body);
  const { allowed, reason } = record(record(body).status);
  if (allowed === true) return { granted: true };
  const said = typeof reason === "string" && reason !== "" ? ` (${reason})` : "";
  const fix = `kubectl create rolebinding chaosgate-consent -n ${namespace} --clusterrole=chaosgate-consent --serviceaccount=NAMESPACE:chaosgate-runner`;
  return {
    granted: false,
    why: `no RoleBinding there lets chaosgate disrupt its pods${said}; its owners may give it: ${fix}`,
  };
}
