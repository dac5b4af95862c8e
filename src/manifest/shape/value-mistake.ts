import type { Mistake } from "../report.ts";
import { meantInstead, nearest, sameLetters } from "../text/nearest.ts";
import { oneOf, shown, yamlString } from "../text/quote.ts";
import type { Located, YamlNode } from "../yaml/node.ts";
import type { IntegerShape, Shape, StringShape, TextOrNumberShape } from "./shape.ts";

/** What is wrong with a value itself, without what is inside it; `written` is its source text. */
export function mistakeIn({ node, path }: Located, shape: Shape, written: string): Mistake | undefined {
  switch (shape.type) {
    case "string":
      return stringMistake(node, path, shape, written);
    case "integer":
      return integerMistake(node, path, shape);
    case "text-or-number":
      return textOrNumberMistake(node, path, shape);
    case "boolean":
      return node.kind === "boolean" ? undefined : wrongType(node, path, "true or false");
    case "list":
      return node.kind === "list" ? undefined : wrongType(node, path, "a list");
    case "map":
      return node.kind === "map" ? undefined : wrongType(node, path, "a map of fields");
    case "object":
      return node.kind === "map" || shape.loose ? undefined : wrongType(node, path, "a map of fields");
    case "anything":
      return undefined;
  }
}

function stringMistake(node: YamlNode, path: string, shape: StringShape, written: string): Mistake | undefined {
  const { oneOf: words, emptyAllowed, check } = shape;
  if (node.kind === "number" || node.kind === "boolean") return notText(path, node.kind, written, check?.(written));
  if (shape.bytes && isByteList(node)) return undefined;
  if (node.kind !== "string") return wrongType(node, path, "text");
  if (emptyAllowed && node.value === "") return undefined;
  const listed = words === undefined || words.includes(node.value);
  return listed ? check?.(node.value) : notListed(path, node.value, words);
}

function textOrNumberMistake(node: YamlNode, path: string, { number, check }: TextOrNumberShape): Mistake | undefined {
  if (node.kind === "string") return check?.(node.value);
  if (node.kind !== "number") return wrongType(node, path, "text or a number");
  return number === undefined ? undefined : integerMistake(node, path, number);
}

function isByteList(node: YamlNode): boolean {
  return node.kind === "list" && node.items.every((item) => item.kind === "null" || isByte(item));
}

function isByte(node: YamlNode): boolean {
  return node.kind === "number" && Number.isInteger(node.value) && node.value >= 0 && node.value <= 255;
}

function notText(path: string, kind: string, written: string, inQuotes: Mistake | undefined): Mistake {
  const message = `${path} is the ${kind} ${written.slice(0, 60)}, and Chaos Mesh takes only text here.`;
  if (inQuotes !== undefined) return { code: "text-not-quoted", message, fix: inQuotes.fix };
  return {
    code: "text-not-quoted",
    message,
    fix: `Put it in quotes: ${yamlString(written)}.`,
    replacement: yamlString(written),
  };
}

function notListed(path: string, written: string, words: readonly string[]): Mistake {
  const certain = sameLetters(written, words);
  const meant = nearest(written, words);
  return {
    code: "value-not-listed",
    message: `${path} is ${shown(written)}; it can be ${oneOf(words)}.`,
    fix: meant === undefined ? "Choose one of them." : `Write ${meant}.`,
    ...meantInstead(certain, meant),
  };
}

/** Go's int64, to the nearest double inside it: bounds that every whole number has. */
const [INT64_MIN, INT64_MAX] = [-(2 ** 63), 2 ** 63 - 2 ** 10];

function integerMistake(node: YamlNode, path: string, shape: IntegerShape): Mistake | undefined {
  if (node.kind === "string") return numberQuoted(path, node.value);
  if (node.kind !== "number" || !Number.isInteger(node.value)) return wrongType(node, path, "a whole number");
  const { min = INT64_MIN, max = INT64_MAX } = shape;
  if (node.value >= min && node.value <= max) return undefined;
  return {
    code: "number-out-of-range",
    message: `${path} is ${node.value}; it must be ${node.value < min ? `${min} or more` : `${max} or less`}.`,
    fix: `Write a number ${shape.max === undefined ? `from ${min}` : `from ${shape.min ?? 0} to ${max}`}.`,
  };
}

function numberQuoted(path: string, written: string): Mistake {
  const isNumber = /^[+-]?[0-9]+$/.test(written);
  return {
    code: "number-quoted",
    message: `${path} is the text ${shown(written)}, and Chaos Mesh takes only a whole number here.`,
    fix: isNumber ? `Remove the quotes: ${written}.` : "Write a whole number without quotes.",
    ...(isNumber ? { replacement: written } : {}),
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
export function wrongType(node: YamlNode, path: string, wanted: string): Mistake {
  return {
    code: "wrong-type",
    message: `${path === "" ? "The document" : path} is ${FOUND[node.kind]}, and ${wanted} is needed here.`,
    fix: `Write ${wanted}.`,
  };
}
