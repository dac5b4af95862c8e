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

/** `<<` with something else than maps to merge. */
export function mergeOfNoMap(offset: number): Unreadable {
  return {
    code: "yaml-broken",
    offset,
    message: "The key << merges maps, and its value is neither a map nor a list of maps.",
    fix: 'Give it an alias of a map, or write "<<" in quotes where the key itself is meant.',
  };
}

/** A tag that does not fit its value, such as !!int before a word. */
export function tagUnfit(offset: number, tag: string): Unreadable {
  return {
    code: "yaml-broken",
    offset,
    message: `The tag ${tag.slice(0, 80)} does not fit the value behind it.`,
    fix: "Remove the tag, or write a value of that type.",
  };
}

/** .inf or .nan: numbers of YAML that JSON, and so Kubernetes, does not have. */
export function numberNotOfJson(offset: number): Unreadable {
  return {
    code: "yaml-broken",
    offset,
    message: "YAML reads this as infinity or as no number, and Kubernetes, which speaks JSON, refuses both.",
    fix: "Put it in quotes where text is meant.",
  };
}

/** An escape in double quotes that YAML 1.1 does not have. */
export function escapeUnknown(offset: number, written: string): Unreadable {
  return {
    code: "yaml-broken",
    offset,
    message: `Double quotes know no escape ${written}; a character beyond U+FFFF is written \\U and eight digits.`,
    fix: "Write the character itself.",
  };
}

/** A character that YAML 1.1 does not allow anywhere, comments included. */
export function controlCharacter(offset: number, character: string): Unreadable {
  const code = character.charCodeAt(0).toString(16).padStart(4, "0").toUpperCase();
  return {
    code: "yaml-broken",
    offset,
    message: `The character U+${code} is not allowed in YAML.`,
    fix: 'Delete it, or write it as an escape in double quotes, such as "\\t".',
  };
}

/** Something that does not survive the splitting of a file into documents. */
export function splitApart(offset: number, what: string): Unreadable {
  return {
    code: "yaml-broken",
    offset,
    message: `${what} is refused: kubectl cuts files into documents at --- and reads each one alone.`,
    fix: "Remove it, and let --- stand alone on its line.",
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
