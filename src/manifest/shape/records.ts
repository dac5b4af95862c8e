import { type ListShape, type ObjectShape, type Shape, TEXT } from "./shape.ts";

type Fields = Readonly<Record<string, Shape>>;

/** An object of texts, whose names stand in `texts` with spaces between them, and of other fields. */
export function record(texts: string, others: Fields = {}, more: Partial<ObjectShape> = {}): ObjectShape {
  const names = texts.split(" ").filter((name) => name !== "");
  const fields = { ...Object.fromEntries(names.map((name) => [name, TEXT])), ...others };
  return { type: "object", fields, ...more };
}

/** A list of such objects. */
export function listOf(items: Shape): ListShape {
  return { type: "list", items };
}
