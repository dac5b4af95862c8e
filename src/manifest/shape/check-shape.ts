import type { Mistake, Report } from "../report.ts";
import { meantInstead, nearest, sameLetters } from "../text/nearest.ts";
import { oneOf } from "../text/quote.ts";
import { entriesOf, entryOf, fieldOf, itemsOf, join, type Located, type YamlNode } from "../yaml/node.ts";
import type { ListShape, ObjectShape, Shape } from "./shape.ts";
import { meantBy, mistakeIn, wrongType } from "./value-mistake.ts";

type Named = Located & { readonly name: string };

// A value and its shape -> every difference, each at its place. It never stops at the first one and changes nothing.

/** Reports everything in which `value` differs from `shape`. A null counts as absent, as the API server prunes it. */
export function checkShape(value: Located, shape: Shape, report: Report): void {
  if (value.node.kind === "null") return;
  const mistake = mistakeIn(value, shape, report);
  // What is inside a block begins on a later line; the mistake is on the line of its key.
  const inside = value.node.kind === "map" || value.node.kind === "list";
  if (mistake !== undefined) report.problem({ path: value.path, span: inside ? value.key : value.node.span }, mistake);
  else if (shape.type === "list") checkItems(value, shape, report);
  else if (shape.type === "map") for (const entry of entriesOf(value)) checkShape(entry, shape.values, report);
  else if (shape.type === "object") checkFields(value, shape, report);
}

function checkItems(list: Located, shape: ListShape, report: Report): void {
  const { uniqueBy } = shape;
  const seen = new Set<string>();
  for (const item of itemsOf(list)) {
    checkItem(item, shape, report);
    if (uniqueBy === undefined || item.node.kind !== "map") continue;
    const identity = JSON.stringify(Object.entries(uniqueBy).map(([name, absent]) => scalarAt(item, name) ?? absent));
    if (seen.has(identity)) report.problem({ path: item.path, span: item.node.span }, repeated(item.path, uniqueBy));
    seen.add(identity);
  }
}

function scalarAt(item: Located, name: string): string | number | boolean | undefined {
  const node = entriesOf(item).find((entry) => entry.name === name)?.node;
  return node?.kind === "string" || node?.kind === "number" || node?.kind === "boolean" ? node.value : undefined;
}

function repeated(path: string, uniqueBy: Readonly<Record<string, string>>): Mistake {
  return {
    code: "item-repeated",
    message: `${path} has the same ${Object.keys(uniqueBy).join(" and ")} as an item above it, and the cluster refuses the second one.`,
    fix: "Remove one of the two.",
  };
}

/** Only fields are pruned: a null item reaches Go, which makes an empty text or object of it, and no list. */
function checkItem(item: Located, { items, noNulls }: ListShape, report: Report): void {
  if (item.node.kind !== "null" || (!noNulls && isFineEmpty(items))) checkShape(item, items, report);
  else report.problem({ path: item.path, span: item.node.span }, wrongType(item.node, item.path, "a value"));
}

/** Whether Go makes something of a null that the schema takes. */
export function isFineEmpty(shape: Shape): boolean {
  return shape.type === "object" ? (shape.required ?? []).length === 0 : shape.type !== "list";
}

function checkFields(value: Located, shape: ObjectShape, report: Report): void {
  const { fields } = shape;
  for (const entry of value.node.kind === "map" ? value.node.entries : []) {
    const field = Object.hasOwn(fields, entry.key) ? fields[entry.key] : undefined;
    if (field === undefined) checkUnknownField(fieldOf(value, entry), shape, value, report);
    else if (!isPlainText(entry.value, field)) checkShape(fieldOf(value, entry), field, report);
  }
  for (const name of shape.required ?? []) checkRequired(value, name, shape, report);
}

/** Most fields are texts about which nobody asks any more: for them no place has to be kept. */
function isPlainText(node: YamlNode, shape: Shape): boolean {
  return node.kind === "string" && shape.type === "string" && shape.oneOf === undefined && shape.check === undefined;
}

function checkUnknownField(entry: Named, shape: ObjectShape, holder: Located, report: Report): void {
  const { retired = {}, open } = shape;
  const known = Object.hasOwn(retired, entry.name) ? retired[entry.name] : undefined;
  const mistake = known ?? (open ? undefined : unknownField(entry, absentFrom(holder, shape), shape));
  if (mistake !== undefined) report.problem({ path: entry.path, span: entry.key }, mistake);
}

/** The fields that could be meant, since none may be written twice. */
function absentFrom(holder: Located, { fields }: ObjectShape): readonly string[] {
  const present = new Set(entriesOf(holder).map(({ name }) => name));
  return Object.keys(fields).filter((name) => !present.has(name));
}

function unknownField({ path, name }: Named, known: readonly string[], shape: ObjectShape): Mistake {
  const other = meantBy(name, shape.otherNames ?? {});
  const meant = nearest(name, known) ?? (known.includes(other ?? "") ? other : undefined);
  const certain = sameLetters(name, known);
  return {
    code: "field-unknown",
    message: `${path} is not a field here; the cluster refuses unknown fields.${meant === undefined ? knownHere(path, shape) : ""}`,
    fix: meant === undefined ? elsewhere(name, path, shape) : `Write ${meant}.`,
    ...meantInstead(certain, meant),
  };
}

/** The fields that there are, where a sentence can hold them. */
function knownHere(path: string, { fields }: ObjectShape): string {
  const names = Object.keys(fields);
  const holder = path.replace(/(\.[^.\]]*|\[[^\]]*\])$/, "");
  return names.length === 0 || names.length > 12 || holder === path ? "" : ` ${holder} can have ${names.join(", ")}.`;
}

/** One indentation too far left is the usual reason for a field that another map has. */
function elsewhere(name: string, path: string, { fields }: ObjectShape): string {
  const owners = Object.entries(fields).filter(
    ([, field]) => field.type === "object" && Object.hasOwn(field.fields, name),
  );
  if (owners.length === 0 || owners.length > 3) return "Remove it.";
  const holders = owners.map(([owner]) => path.replace(/[^.]*$/, owner));
  return `Move it into ${oneOf(holders)}, or remove it.`;
}

function checkRequired(value: Located, name: string, shape: ObjectShape, report: Report): void {
  const entry = entryOf(value, name);
  if (entry !== undefined && entry.node.kind !== "null") return;
  const path = join(value.path, name);
  report.problem(
    { path, span: entry?.key ?? value.key },
    missingField(
      value.path,
      path,
      shape.advice?.[name] ?? adviceOn(name, shape.fields[name]),
      wordsOf(shape.fields[name]),
    ),
  );
}

function adviceOn(name: string, field: Shape | undefined): string {
  return field?.type === "string" && field.oneOf !== undefined ? `Add ${name}: ${oneOf(field.oneOf)}.` : `Add ${name}.`;
}

function wordsOf(field: Shape | undefined): Pick<Mistake, "choices"> {
  return field?.type === "string" && field.oneOf !== undefined ? { choices: field.oneOf } : {};
}

function missingField(holder: string, path: string, fix: string, choices: Pick<Mistake, "choices">): Mistake {
  return {
    code: "field-missing",
    message: `${path} is missing; the cluster refuses ${holder === "" ? "the object" : holder} without it.`,
    fix,
    ...choices,
  };
}
