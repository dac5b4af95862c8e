import { ANYTHING, type ObjectShape, TEXT } from "../shape/shape.ts";
import { OBJECT_META } from "./object-meta.ts";

/** A whole document whose spec has this shape; of an unknown kind nothing but the frame is known. */
export function documentShape(spec: ObjectShape | undefined): ObjectShape {
  const fields = { apiVersion: TEXT, kind: TEXT, metadata: OBJECT_META, spec: spec ?? ANYTHING, status: ANYTHING };
  return { type: "object", fields, required: spec === undefined ? [] : ["spec"] };
}
