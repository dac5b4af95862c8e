import type { ObjectSchema, Rule } from "./schema.ts";

export const GROUP = "chaosgate.dev";
export const VERSION = "v1alpha1";

export type PrinterColumn = {
  readonly name: string;
  readonly type: "string" | "integer" | "date";
  readonly jsonPath: string;
  /** 1: shown by `-o wide` alone. */
  readonly priority?: 1;
  readonly description?: string;
};

export type Kind = {
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly scope: "Namespaced" | "Cluster";
  readonly columns: readonly PrinterColumn[];
  readonly rules: readonly Rule[];
  readonly description: string;
  readonly spec: ObjectSchema;
  /** Absent: the kind has no status. */
  readonly status?: ObjectSchema;
};

/** A kind as the CustomResourceDefinition that installs it. */
export function definitionOf(kind: Kind): object {
  const { plural, singular, shortNames, scope, columns, status } = kind;
  const version = {
    name: VERSION,
    served: true,
    storage: true,
    additionalPrinterColumns: columns,
    schema: { openAPIV3Schema: rootOf(kind) },
    ...(status !== undefined && { subresources: { status: {} } }),
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural,
        singular,
        shortNames,
        categories: ["chaosgate"],
      },
      versions: [version],
    },
  };
}

function rootOf({ description, rules, spec, status }: Kind): object {
  return {
    description,
    type: "object",
    required: ["spec"],
    ...(rules.length > 0 && { "x-kubernetes-validations": rules }),
    properties: {
      apiVersion: { type: "string" },
      kind: { type: "string" },
      // Only with a bound can the server say what a rule about the name costs.
      metadata: { type: "object", properties: { name: { type: "string", maxLength: 253 } } },
      spec,
      ...(status !== undefined && { status }),
    },
  };
}

/** Where objects of a kind are: of one namespace, or without one of the whole cluster. */
export function pathOf({ plural }: Pick<Kind, "plural">, namespace?: string): string {
  const place = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/apis/${GROUP}/${VERSION}${place}/${plural}`;
}
