import type { ObjectShape } from "./shape.ts";

type Fields = ObjectShape["fields"];

/** A shape whose fields are made when somebody first asks for them: a lint meets a few kinds, and not every block of each. */
export function withLazyFields(shape: ObjectShape, changed: (fields: Fields) => Fields): ObjectShape {
  let made: Fields | undefined;
  return {
    ...shape,
    get fields(): Fields {
      made ??= changed(shape.fields);
      return made;
    },
  };
}

/** The same fields, each changed. */
export function mapFields(fields: Fields, change: (field: Fields[string]) => Fields[string]): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, change(field)] as const));
}
