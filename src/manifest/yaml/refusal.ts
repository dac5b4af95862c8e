import type { ProblemCode } from "../codes.ts";

/** Why a text is not YAML that we read; `offset` is where. */
export type Unreadable = {
  readonly code: ProblemCode;
  readonly offset: number;
  readonly message: string;
  readonly fix: string;
};

/** Stops the reading of a file; caught in read-yaml.ts and nowhere else. */
export class Refusal extends Error {
  readonly reason: Unreadable;

  constructor(reason: Unreadable) {
    super(reason.message);
    this.reason = reason;
  }
}

/** More than `limit` characters. */
export function tooLarge(length: number, limit: number): Unreadable {
  return {
    code: "file-too-large",
    offset: 0,
    message: `The file has ${length} characters; chaosgate reads manifests of up to ${limit}.`,
    fix: "Split the file, or take large files out of the manifest paths in the settings.",
  };
}

/** More than `limit` levels. */
export function tooDeep(offset: number, limit: number): Unreadable {
  return {
    code: "yaml-too-deep",
    offset,
    message: `The YAML is nested more than ${limit} levels deep, aliases written out.`,
    fix: "A chaos manifest needs fewer than ten levels; remove the nesting.",
  };
}

/** More than `limit` values. */
export function tooHeavy(offset: number, limit: number): Unreadable {
  return {
    code: "yaml-too-many-values",
    offset,
    message: `The document holds more than ${limit} values, aliases written out.`,
    fix: "Remove the aliases, or split the document.",
  };
}

/** An alias without an anchor above it. */
export function aliasUnknown(offset: number, name: string): Unreadable {
  return {
    code: "yaml-alias-unknown",
    offset,
    message: `The alias *${name.slice(0, 80)} refers to no anchor above it.`,
    fix: "Write the value out, or put the anchor before its first use.",
  };
}

/** A key that is no text. */
export function keyNotText(offset: number, kind: string): Unreadable {
  return {
    code: "yaml-broken",
    offset,
    message: `A key is ${kind === "null" ? "empty" : `a ${kind}`}; Kubernetes takes only text as a key.`,
    fix:
      kind === "map"
        ? "Render templates first: {{ }} is not YAML. Otherwise give the key a name."
        : "Give the key a name.",
  };
}

/** Anything that the YAML parser refuses. */
export function broken(offset: number, reason: string): Unreadable {
  return {
    code: "yaml-broken",
    offset,
    message: `This is not YAML: ${reason.slice(0, 200)}.`,
    fix: "Check the indentation, the quotes and the brackets from this line upwards.",
  };
}
