import { blockNameOf } from "../kinds/block-name.ts";
import { API_VERSION, KINDS, needsNoSpec, specOf } from "../kinds/kinds.ts";
import { OBJECT_META } from "../kinds/object-meta.ts";
import { statusOf } from "../kinds/status.ts";
import type { ObjectShape } from "../shape/shape.ts";
import { descriptionAt } from "./descriptions.ts";
import { type Describe, type JsonSchema, schemaOf } from "./json-schema.ts";
import { shareRepeated } from "./share-repeated.ts";

// The published schemas: one for every kind, and one for files of any kind. Editors complete and check by them, and the validators
// of objects are generated from them. They say what the cluster's schema says; rules between fields are not in them.

const DRAFT = "https://json-schema.org/draft/2020-12/schema";
const NAME = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";

/** The schema of a whole document of this kind, or undefined for a kind that Chaos Mesh does not have. */
export function documentSchema(kind: string, describe: Describe = descriptionAt): JsonSchema | undefined {
  const spec = specOf(kind);
  return spec && shareRepeated({ $schema: DRAFT, title: kind, ...frameOf(kind, spec, describe) });
}

/**
 * The schemas of all kinds in one, by kind under `properties`, with what they share written once under `$defs`: the form that code
 * is generated from.
 */
export function combinedSchema(describe: Describe): JsonSchema {
  const frames = KINDS.flatMap((kind) => {
    const spec = specOf(kind);
    return spec === undefined ? [] : [[kind, frameOf(kind, spec, describe)] as const];
  });
  return shareRepeated({ $schema: DRAFT, type: "object", properties: Object.fromEntries(frames) });
}

function frameOf(kind: string, spec: ObjectShape, describe: Describe): JsonSchema {
  const about = describe([blockNameOf(kind)]);
  const status = statusOf(kind);
  return {
    ...(about !== undefined && { description: about }),
    type: "object",
    properties: {
      apiVersion: { const: API_VERSION },
      kind: { const: kind },
      metadata: metadataSchema(describe),
      spec: schemaOf(spec, [blockNameOf(kind)], describe),
      ...(status && { status: schemaOf(status, ["status"], describe) }),
    },
    required: ["apiVersion", "kind", "metadata", ...(needsNoSpec(kind) ? [] : ["spec"])],
    additionalProperties: false,
  };
}

/** An empty name is as good as none where the API server makes one up. */
function metadataSchema(describe: Describe): JsonSchema {
  const { properties, ...rest } = schemaOf(OBJECT_META, ["metadata"], describe);
  const fields = properties as JsonSchema;
  const name = { ...(fields.name as JsonSchema), pattern: `^(${NAME}(\\.${NAME})*)?$` };
  return { ...rest, properties: { ...fields, name }, anyOf: [{ required: ["name"] }, { required: ["generateName"] }] };
}

/** The schema of a document of any kind, beside the files `KIND.json`; what is not Chaos Mesh's is let through. */
export function anyKindSchema(): JsonSchema {
  return {
    $schema: DRAFT,
    title: "Chaos Mesh",
    if: { properties: { apiVersion: { const: API_VERSION } }, required: ["apiVersion"] },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so
    then: {
      properties: { kind: { enum: KINDS } },
      required: ["kind"],
      allOf: KINDS.map((kind) => ({
        if: { properties: { kind: { const: kind } } },
        // biome-ignore lint/suspicious/noThenProperty: JSON Schema calls it so
        then: { $ref: `${kind}.json` },
      })),
    },
  };
}
