import { entriesOf, type Located } from "../yaml/node.ts";
import type { Source } from "../yaml/source.ts";
import type { Edit } from "./edit.ts";

// Taking an entry out of a map and putting one in, whole lines at a time; undefined where the entry shares its lines with others.

/** Without the entry and its lines; a comment above it stays. */
export function removalOf({ key, node }: Pick<Located, "key" | "node">, source: Source): Edit | undefined {
  const line = source.placeOf(key).line;
  const written = source.text.slice(key.start, Math.max(key.end, node.span.end)).trimEnd();
  const last = source.placeOf({ start: key.start + written.length, end: key.start + written.length }).line;
  const rest = source.text.slice(key.start + written.length, source.endOf(last));
  const alone = standsFirst(key.start, source) && /^[}\]]*\s*(#.*)?$/.test(rest);
  // An alias stands elsewhere, and an anchor may be needed elsewhere.
  if (!alone || /[&*]/.test(written) || node.span.start < key.start) return undefined;
  const end = source.startOf(last + 1);
  const endsFile = end === source.text.length && !source.text.endsWith("\n");
  return { span: { start: endsFile ? source.endOf(line - 1) : source.startOf(line), end }, text: "" };
}

/** With this entry: in the place of one of its name that holds nothing, else on one more line. */
export function entryInto(map: Located, name: string, value: string, source: Source): Edit | undefined {
  const there = entriesOf(map).find((entry) => entry.name === name);
  if (there === undefined) return insertionInto(map, `${name}: ${value}`, source);
  return there.node.kind === "null" ? fillingOf(there, value, source) : undefined;
}

/** Of a null that is written plainly behind its key, or not at all; a comment behind it stays. */
function fillingOf({ key, node }: Located, value: string, source: Source): Edit | undefined {
  const end = source.endOf(source.placeOf(key).line);
  const rest = source.text.slice(key.end, end);
  const [written] = /^[ \t]*:(?:[ \t]+(?:~|null|Null|NULL)(?=[\s,}]|$))?/.exec(rest) ?? [];
  const isOnItsLine = source.text.slice(end, node.span.end).trim() === "";
  if (written === undefined || !isOnItsLine || !/^\s*(?:[,}#].*)?$/.test(rest.slice(written.length))) return undefined;
  return { span: { start: key.end, end: key.end + written.length }, text: `: ${value}` };
}

/** With one more line behind the first entry of a block map, in its column. */
export function insertionInto(map: Located, line: string, source: Source): Edit | undefined {
  const [first] = entriesOf(map);
  if (first === undefined || map.node.kind !== "map") return undefined;
  if (map.node.flow) return { span: { start: first.key.start, end: first.key.start }, text: `${line}, ` };
  if (first.key.start < map.key.start || first.node.span.start < first.key.start) return undefined;
  const written = source.text.slice(first.key.start, Math.max(first.key.end, first.node.span.end)).trimEnd();
  const lastLine = source.placeOf({
    start: first.key.start + written.length,
    end: first.key.start + written.length,
  }).line;
  const end = source.endOf(lastLine);
  return {
    span: { start: end, end },
    text: `${source.lineBreak}${" ".repeat(source.placeOf(first.key).column - 1)}${line}`,
  };
}

function standsFirst(offset: number, source: Source): boolean {
  const place = source.placeOf({ start: offset, end: offset });
  return source.text.slice(source.startOf(place.line), offset).trim() === "";
}
