import { ANYTHING, type ObjectShape, type Shape, TEXT, TEXT_MAP, TEXTS } from "../shape/shape.ts";
import { timestampMistake } from "../text/timestamp.ts";

// ObjectMeta as Go decodes it (apimachinery: apis/meta/v1/types.go).

const TIME: Shape = { type: "string", check: timestampMistake };
const BOOLEAN: Shape = { type: "boolean" };

const OWNER: ObjectShape = {
  type: "object",
  fields: { apiVersion: TEXT, kind: TEXT, name: TEXT, uid: TEXT, controller: BOOLEAN, blockOwnerDeletion: BOOLEAN },
};

const MANAGED: ObjectShape = {
  type: "object",
  fields: {
    manager: TEXT,
    operation: TEXT,
    apiVersion: TEXT,
    time: TIME,
    fieldsType: TEXT,
    fieldsV1: ANYTHING,
    subresource: TEXT,
  },
};

export const OBJECT_META: ObjectShape = {
  type: "object",
  fields: {
    name: TEXT,
    generateName: TEXT,
    namespace: TEXT,
    labels: TEXT_MAP,
    annotations: TEXT_MAP,
    finalizers: TEXTS,
    ownerReferences: { type: "list", items: OWNER },
    managedFields: { type: "list", items: MANAGED },
    selfLink: TEXT,
    uid: TEXT,
    resourceVersion: TEXT,
    generation: { type: "integer" },
    creationTimestamp: TIME,
    deletionTimestamp: TIME,
    deletionGracePeriodSeconds: { type: "integer" },
  },
};
