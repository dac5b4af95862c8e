import { type Api, jsonBody } from "./api.ts";
import { record } from "./list.ts";

/** Who an object belongs to: with it the API server takes the object away. */
export type Owner = {
  readonly apiVersion: "v1";
  readonly kind: "ServiceAccount";
  readonly name: string;
  readonly uid: string;
};

const PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews";

/** The service account of `namespace` that we speak as; undefined for a person, or for an account of elsewhere. */
export async function ownAccount(api: Api, namespace: string): Promise<Owner | undefined> {
  const review = { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" };
  const { status, body } = await api.ask({ method: "POST", path: PATH, body: jsonBody(review) });
  // An older server does not know the question: what would belong to us then belongs to nobody.
  if (status !== 201) return undefined;
  const { username, uid } = record(record(record(body).status).userInfo);
  const prefix = `system:serviceaccount:${namespace}:`;
  if (typeof username !== "string" || !username.startsWith(prefix) || typeof uid !== "string") return undefined;
  return { apiVersion: "v1", kind: "ServiceAccount", name: username.slice(prefix.length), uid };
}
