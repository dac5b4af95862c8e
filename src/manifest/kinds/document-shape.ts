import { ANYTHING, type ObjectShape, type Shape, TEXT } from "../shape/shape.ts";
import { needsNoSpec, specOf } from "./kinds.ts";
import { OBJECT_META } from "./object-meta.ts";
import { statusOf } from "./status.ts";

const made = new Map<string, ObjectShape>();

/** A whole document of a kind; of an unknown kind nothing but the frame is known. */
export function documentShape(kind: string): ObjectShape {
  const spec = specOf(kind);
  if (spec === undefined) return { type: "object", fields: { ...FRAME, spec: ANYTHING, status: ANYTHING } };
  const shape = made.get(kind) ?? shapeAround(spec, kind);
  made.set(kind, shape);
  return shape;
}

const FRAME = { apiVersion: TEXT, kind: TEXT, metadata: OBJECT_META };

function shapeAround(spec: ObjectShape, kind: string): ObjectShape {
  const status: Shape | undefined = statusOf(kind);
  const fields = status === undefined ? { ...FRAME, spec } : { ...FRAME, spec, status };
  return { type: "object", fields, required: needsNoSpec(kind) ? [] : ["spec"] };
}
