import type { ApiServer } from "./api-server.ts";
import { eventually, must } from "./own-kinds.ts";

/** Where objects of a kind of Chaos Mesh are. */
export function chaosPath(kind: string, namespace: string): string {
  return `/apis/chaos-mesh.org/v1alpha1/namespaces/${namespace}/${pluralOf(kind)}`;
}

function pluralOf(kind: string): string {
  return kind.endsWith("Chaos") ? kind.toLowerCase() : `${kind.toLowerCase()}s`;
}

/** A kind by name alone: what its fields may be is not what is asked here. */
export async function aKindOfChaosMesh(server: ApiServer, kind: string): Promise<void> {
  const plural = pluralOf(kind);
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  await must(server, "POST", "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", {
    metadata: { name: `${plural}.chaos-mesh.org` },
    spec: {
      group: "chaos-mesh.org",
      scope: "Namespaced",
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: "v1alpha1", served: true, storage: true, schema }],
    },
  });
  await eventually(async () => (await server.call("GET", `/apis/chaos-mesh.org/v1alpha1/${plural}`)).status === 200);
}
