import { ANYTHING, type ObjectShape, TEXT, TEXT_MAP, TEXTS } from "../shape/shape.ts";

/** The metadata of every object of Kubernetes (apimachinery: meta/v1 ObjectMeta). */
export const OBJECT_META: ObjectShape = {
  type: "object",
  fields: {
    name: TEXT,
    generateName: TEXT,
    namespace: TEXT,
    labels: TEXT_MAP,
    annotations: TEXT_MAP,
    finalizers: TEXTS,
    ownerReferences: ANYTHING,
    managedFields: ANYTHING,
    selfLink: TEXT,
    uid: TEXT,
    resourceVersion: TEXT,
    generation: { type: "integer" },
    creationTimestamp: TEXT,
    deletionTimestamp: TEXT,
    deletionGracePeriodSeconds: { type: "integer" },
  },
};
