import { ANYTHING, type ObjectShape, type Shape, TEXT } from "../shape/shape.ts";
import { needsNoSpec, specOf } from "./kinds.ts";
import { OBJECT_META } from "./object-meta.ts";
import { statusOf } from "./status.ts";

/** A whole document of a kind; of an unknown kind nothing but the frame is known. */
export function documentShape(kind: string): ObjectShape {
  const spec = specOf(kind);
  const frame = { apiVersion: TEXT, kind: TEXT, metadata: OBJECT_META };
  if (spec === undefined) return { type: "object", fields: { ...frame, spec: ANYTHING, status: ANYTHING } };
  const status: Shape | undefined = statusOf(kind);
  const fields = status === undefined ? { ...frame, spec } : { ...frame, spec, status };
  return { type: "object", fields, required: needsNoSpec(kind) ? [] : ["spec"] };
}
