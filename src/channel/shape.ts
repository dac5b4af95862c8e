// Shapes of what a runner may say: JSON enters, true or false leaves. Small checks that compose; every list and text is bounded,
// because a stolen runner key must not be able to fill a pull request or the bot's memory.

export type Shape = (value: unknown) => boolean;

/** A string of at most `longest` characters. */
export function text(longest: number): Shape {
  return (value) => typeof value === "string" && value.length <= longest;
}

/** A finite number. */
export function number(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value);
}

/** A whole number that is not negative. */
export function count(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Either boolean. */
export function flag(value: unknown): boolean {
  return typeof value === "boolean";
}

/** One of a few words. */
export function oneOf(...words: readonly unknown[]): Shape {
  return (value) => words.includes(value);
}

/** A list of at most `most` entries of one shape. */
export function list(most: number, entry: Shape): Shape {
  return (value) => Array.isArray(value) && value.length <= most && value.every(entry);
}

/** Names (at most `most`) to values of one shape. */
export function map(most: number, entry: Shape): Shape {
  return (value) => isObject(value) && Object.keys(value).length <= most && Object.values(value).every(entry);
}

/** Missing, or of this shape. */
export function maybe(shape: Shape): Shape {
  return (value) => value === undefined || shape(value);
}

/** An object with these fields; others are ignored. */
export function fields(shapes: Readonly<Record<string, Shape>>): Shape {
  return (value) => isObject(value) && Object.entries(shapes).every(([name, shape]) => shape(value[name]));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
