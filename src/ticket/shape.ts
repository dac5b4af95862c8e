// Small checks that compose: a value and its path enter, a sentence for each thing that is wrong leaves. Everything is bounded.

export type Shape = (value: unknown, path: string) => readonly string[];

const OPTIONAL = Symbol("optional");

/** A string of at most `longest` characters. */
export function text(longest: number): Shape {
  return (value, path) =>
    typeof value === "string" && value.length <= longest
      ? []
      : [`${path} must be text of at most ${longest} characters`];
}

/** A string of one pattern; `means` says it in words. */
export function matching(pattern: RegExp, means: string): Shape {
  return (value, path) => (typeof value === "string" && pattern.test(value) ? [] : [`${path} must be ${means}`]);
}

/** One of a few words. */
export function oneOf(...words: readonly string[]): Shape {
  return (value, path) => (words.includes(value as string) ? [] : [`${path} must be ${words.join(" or ")}`]);
}

/** True or false. */
export function yesOrNo(value: unknown, path: string): readonly string[] {
  return typeof value === "boolean" ? [] : [`${path} must be true or false`];
}

/** A finite number. */
export function number(value: unknown, path: string): readonly string[] {
  return Number.isFinite(value) ? [] : [`${path} must be a number`];
}

/** A number from 0 to `most`. */
export function atMost(most: number): Shape {
  return (value, path) =>
    Number.isFinite(value) && (value as number) >= 0 && (value as number) <= most
      ? []
      : [`${path} must be a number from 0 to ${most}`];
}

/** A whole number in a range. */
export function whole(least: number, most: number): Shape {
  return (value, path) =>
    Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most
      ? []
      : [`${path} must be a whole number from ${least} to ${most}`];
}

/** A list of at most `most` entries of one shape. */
export function list(most: number, entry: Shape): Shape {
  return (value, path) => {
    if (!Array.isArray(value) || value.length > most) return [`${path} must be a list of at most ${most} entries`];
    return value.flatMap((one, at) => entry(one, `${path}[${at}]`));
  };
}

/** Names to values of one shape. */
export function map(most: number, entry: Shape): Shape {
  return (value, path) => {
    if (!isRecord(value) || Object.keys(value).length > most) return [`${path} must map at most ${most} names`];
    return Object.entries(value).flatMap(([name, one]) => entry(one, `${path}.${name.slice(0, 80)}`));
  };
}

/** Missing, or of this shape. */
export function optional(shape: Shape): Shape {
  return Object.assign((value: unknown, path: string) => (value === undefined ? [] : shape(value, path)), {
    [OPTIONAL]: true,
  });
}

/** An object with these fields; others are left for newer versions. */
export function object(fields: Readonly<Record<string, Shape>>): Shape {
  return (value, path) => {
    if (!isRecord(value)) return [`${path} must be an object`];
    return Object.entries(fields).flatMap(([name, shape]) => {
      if (value[name] === undefined && !(OPTIONAL in shape)) return [`${path}.${name} is missing`];
      return shape(value[name], `${path}.${name}`);
    });
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
