import type { Mistake, Report } from "../report.ts";
import { meantInstead, nearest, sameLetters } from "../text/nearest.ts";
import { oneOf, shown, yamlString } from "../text/quote.ts";
import type { Located, YamlNode } from "../yaml/node.ts";
import type { IntegerShape, Shape, StringShape, TextOrNumberShape } from "./shape.ts";

/** What is wrong with a value itself, without what is inside it; `source` has the text that it was written as. */
export function mistakeIn(value: Located, shape: Shape, source: Pick<Report, "textOf">): Mistake | undefined {
  const { node } = value;
  switch (shape.type) {
    case "string":
      return stringMistake(value, shape, source);
    case "integer":
      return integerMistake(value, shape);
    case "text-or-number":
      return textOrNumberMistake(value, shape);
    case "boolean":
      return node.kind === "boolean" ? undefined : booleanMistake(node, value.path);
    case "list":
      return node.kind === "list" ? undefined : listMistake(node, value.path, shape.items, source.textOf(node.span));
    case "map":
      return node.kind === "map" ? undefined : wrongType(node, value.path, "a map of fields");
    case "object":
      if (node.kind === "map" || shape.loose) return undefined;
      return wrongType(node, value.path, "a map of fields", fieldsOf(shape));
    case "anything":
      return undefined;
  }
}

function stringMistake(value: Located, shape: StringShape, source: Pick<Report, "textOf">): Mistake | undefined {
  const { node } = value;
  const { oneOf: words, emptyAllowed, check } = shape;
  if (node.kind === "number" || node.kind === "boolean") {
    const written = source.textOf(node.span);
    return notText(value.path, node.kind, written, check?.(written));
  }
  if (shape.bytes && isByteList(node)) return undefined;
  if (node.kind !== "string") return wrongType(node, value.path, "text");
  if (emptyAllowed && node.value === "") return undefined;
  const listed = words === undefined || words.includes(node.value);
  return listed ? named(value, check?.(node.value)) : notListed(value.path, node.value, words, shape.otherWords ?? {});
}

/** The rules on texts do not know which field they judge. */
function named(value: Located, mistake: Mistake | undefined): Mistake | undefined {
  return mistake && { ...mistake, message: `${value.path}: ${mistake.message}` };
}

function textOrNumberMistake(value: Located, { number, check }: TextOrNumberShape): Mistake | undefined {
  const { node } = value;
  if (node.kind === "string") return check?.(node.value);
  if (node.kind !== "number") return wrongType(node, value.path, "text or a number");
  return number === undefined ? undefined : integerMistake(value, number);
}

function isByteList(node: YamlNode): boolean {
  return node.kind === "list" && node.items.every((item) => item.kind === "null" || isByte(item));
}

function isByte(node: YamlNode): boolean {
  return node.kind === "number" && Number.isInteger(node.value) && node.value >= 0 && node.value <= 255;
}

function notText(path: string, kind: string, written: string, inQuotes: Mistake | undefined): Mistake {
  const message = `${path} is the ${kind} ${written.slice(0, 60)}, and Chaos Mesh takes only text here.`;
  if (inQuotes !== undefined) return { ...inQuotes, code: "text-not-quoted", message };
  return {
    code: "text-not-quoted",
    message,
    fix: `Put it in quotes: ${yamlString(written)}.`,
    replacement: yamlString(written),
  };
}

function notListed(path: string, written: string, words: readonly string[], others: OtherWords): Mistake {
  const certain = sameLetters(written, words);
  const meant = nearest(written, words) ?? meantBy(written, others);
  return {
    code: "value-not-listed",
    message: `${path} is ${shown(written)}; it can be ${oneOf(words)}.`,
    fix: meant === undefined ? "Choose one of them." : `Write ${meant}.`,
    ...(meant === undefined ? { choices: words } : meantInstead(certain, meant)),
  };
}

type OtherWords = NonNullable<StringShape["otherWords"]>;

/** What people mean by a word that is not in the list. */
export function meantBy(written: string, others: OtherWords): string | undefined {
  const word = written.toLowerCase();
  return Object.hasOwn(others, word) ? others[word] : undefined;
}

function booleanMistake(node: YamlNode, path: string): Mistake {
  const mistake = wrongType(node, path, "true or false");
  const word = node.kind === "string" ? node.value.toLowerCase() : "";
  return word === "true" || word === "false" ? { ...mistake, replacement: word } : mistake;
}

/** One value where a list of such values is wanted. */
function listMistake(node: YamlNode, path: string, items: Shape, written: string): Mistake {
  const mistake = wrongType(node, path, "a list");
  const alone = node.kind === "string" && items.type === "string" && node.value !== "";
  return alone ? { ...mistake, fix: `Write [${written}].`, likely: `[${written}]` } : mistake;
}

/** Go's int64, to the nearest double inside it: bounds that every whole number has. */
export const INT64 = { min: -(2 ** 63), max: 2 ** 63 - 2 ** 10 } as const;

function integerMistake(value: Located, shape: IntegerShape): Mistake | undefined {
  const { node } = value;
  if (node.kind === "string") return numberQuoted(value.path, node.value);
  if (node.kind !== "number" || !Number.isInteger(node.value)) return wrongType(node, value.path, "a whole number");
  const { min = INT64.min, max = INT64.max } = shape;
  if (node.value >= min && node.value <= max) return undefined;
  return {
    code: "number-out-of-range",
    message: `${value.path} is ${node.value}; it must be ${node.value < min ? `${min} or more` : `${max} or less`}.`,
    fix: `Write a number ${shape.max === undefined ? `from ${min}` : `from ${shape.min ?? 0} to ${max}`}.`,
    choices: [String(node.value < min ? min : max)],
  };
}

function numberQuoted(path: string, written: string): Mistake {
  const isNumber = /^[+-]?[0-9]+$/.test(written);
  const bare = /^\s*([0-9]+)\s*(%|percent|ms|s|workers|threads)?\s*$/i.exec(written)?.[1];
  return {
    code: "number-quoted",
    message: `${path} is the text ${shown(written)}, and Chaos Mesh takes only a whole number here.`,
    fix: bare === undefined ? "Write a whole number without quotes." : `Write ${isNumber ? written : bare}.`,
    ...(isNumber ? { replacement: written } : bare === undefined ? {} : { likely: bare }),
  };
}

const FOUND: Readonly<Record<YamlNode["kind"], string>> = {
  map: "a map",
  list: "a list",
  string: "text",
  number: "a number",
  boolean: "a boolean",
  null: "empty",
};

/** What is said of a value of another type than the one that is wanted. */
export function wrongType(node: YamlNode, path: string, wanted: string, how = `Write ${wanted}`): Mistake {
  const below = node.kind === "map" || node.kind === "list" ? ", and nothing below it" : "";
  return {
    code: "wrong-type",
    message: `${path === "" ? "The document" : path} is ${FOUND[node.kind]}, and ${wanted} is needed here.`,
    fix: `${how}${wanted.startsWith("a ") ? "" : below}.`,
  };
}

/** What can stand in a map, as far as it fits into a sentence. */
function fieldsOf(shape: Shape): string {
  if (shape.type !== "object") return "Write lines of name: value";
  const names = Object.keys(shape.fields);
  const shownNames = names.length > 12 ? `${names.slice(0, 12).join(", ")} ...` : names.join(", ");
  return names.length === 0 ? "Write a map" : `Write its fields below it, which are ${shownNames}`;
}
