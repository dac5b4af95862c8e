import type { Problem } from "../manifest/problem.ts";
import { parseGoDuration } from "../manifest/text/go-duration.ts";
import { nearest } from "../manifest/text/nearest.ts";
import { entriesOf, itemsOf, join, type Located, type Span, type YamlNode } from "../manifest/yaml/node.ts";
import type { Source } from "../manifest/yaml/source.ts";
import type { SettingsCode } from "./codes.ts";

type Entry = Located & { readonly name: string };
type Need = { readonly required?: boolean };

/**
 * Reads one map field by field and remembers what was asked for, so that everything else can be refused. A value that does not
 * fit is a problem at its place and reads as absent.
 */
export class Fields {
  readonly name: string;
  readonly #source: Source;
  readonly #at: Located;
  readonly #problems: Problem[];
  readonly #asked = new Set<string>();

  private constructor(source: Source, at: Located, name: string, problems: Problem[]) {
    this.#source = source;
    this.#at = at;
    this.name = name;
    this.#problems = problems;
    if (at.node.kind !== "map")
      this.complain("settings-not-a-map", at.node.span, `${this.#here} is not a map`, "Write `key: value` lines.");
    if (at.node.kind === "map") for (const { keySpan, key } of at.node.repeated) this.#twice(keySpan, key);
  }

  /** The whole document; an empty one is an empty map in the wrong place. */
  static ofDocument(source: Source, root: YamlNode | undefined): Fields {
    const nothing = { start: 0, end: 0 };
    const empty: YamlNode = { kind: "null", span: nothing, quoted: false, weight: 1, depth: 1 };
    const node = root ?? empty;
    return new Fields(source, { node, path: "", key: nothing }, "", []);
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  /** A non-empty text. */
  text(name: string, need: Need = {}): string | undefined {
    const found = this.#find(name, need);
    if (found === undefined) return undefined;
    if (found.node.kind === "string" && found.node.value !== "") return found.node.value;
    return this.#wrong(found, "a text", "Write a text, in quotes where it looks like a number.");
  }

  /** One of a few words. */
  word<Word extends string>(name: string, words: readonly Word[], need: Need = {}): Word | undefined {
    const found = this.#find(name, need);
    const value = found?.node.kind === "string" ? found.node.value : undefined;
    const word = words.find((candidate) => candidate === value);
    if (found === undefined || word !== undefined) return word;
    return this.#wrong(found, `one of ${words.join(", ")}`, `Write ${words.join(" or ")}.`);
  }

  flag(name: string): boolean | undefined {
    const found = this.#find(name, {});
    if (found === undefined || found.node.kind === "boolean")
      return found?.node.kind === "boolean" ? found.node.value : undefined;
    return this.#wrong(found, "true or false", "Write true or false.");
  }

  /** A number of 0 or more. */
  number(name: string, need: Need = {}): number | undefined {
    const found = this.#find(name, need);
    if (found === undefined) return undefined;
    if (found.node.kind === "number" && Number.isFinite(found.node.value) && found.node.value >= 0)
      return found.node.value;
    return this.#wrong(found, "a number of 0 or more", "Write a plain number.");
  }

  /** A whole number of 0 or more. */
  count(name: string, need: Need = {}): number | undefined {
    const found = this.#find(name, need);
    if (found === undefined) return undefined;
    if (found.node.kind === "number" && Number.isSafeInteger(found.node.value) && found.node.value >= 0)
      return found.node.value;
    return this.#wrong(found, "a whole number of 0 or more", "Write a plain whole number.");
  }

  /** A Go duration such as `300ms` or `5m`, in milliseconds. */
  durationMs(name: string, need: Need = {}): number | undefined {
    return this.quantity(name, parseDuration, "a duration", "Write a duration such as 300ms, 30s or 5m.", need);
  }

  /** A text with a grammar of its own. */
  quantity(
    name: string,
    parse: (text: string) => number | undefined,
    what: string,
    fix: string,
    need: Need = {},
  ): number | undefined {
    const found = this.#find(name, need);
    if (found === undefined) return undefined;
    const value = found.node.kind === "string" ? parse(found.node.value) : undefined;
    return value ?? this.#wrong(found, what, fix);
  }

  /** A list of non-empty texts. */
  texts(name: string): readonly string[] | undefined {
    const found = this.#find(name, {});
    if (found === undefined) return undefined;
    const values = itemsOf(found).map(({ node }) => (node.kind === "string" ? node.value : ""));
    if (found.node.kind === "list" && values.every((value) => value !== "")) return values;
    return this.#wrong(found, "a list of texts", "Write [one, two].");
  }

  /** Text -> text. */
  textMap(name: string): Readonly<Record<string, string>> | undefined {
    const found = this.#find(name, {});
    if (found === undefined) return undefined;
    const pairs = entriesOf(found).map(
      ({ name: key, node }) => [key, node.kind === "string" ? node.value : undefined] as const,
    );
    if (found.node.kind === "map" && pairs.every(([, value]) => value !== undefined)) {
      return Object.fromEntries(pairs.map(([key, value]) => [key, value ?? ""]));
    }
    return this.#wrong(found, "a map of texts", "Write { key: value }.");
  }

  /** A map below, read by `read`; absent reads as undefined. */
  map<T>(name: string, read: (fields: Fields) => T, need: Need = {}): T | undefined {
    const found = this.#find(name, need);
    return found === undefined ? undefined : read(this.#below(found, name));
  }

  /** A map of names to maps. */
  mapOf<T>(name: string, read: (fields: Fields) => T): Readonly<Record<string, T>> {
    const found = this.#find(name, {});
    if (found === undefined) return {};
    if (found.node.kind !== "map")
      return this.#wrong(found, "a map", "Write `name:` lines with what belongs to each.") ?? {};
    return Object.fromEntries(entriesOf(found).map((entry) => [entry.name, read(this.#below(entry, entry.name))]));
  }

  /** A list of maps. */
  listOf<T>(name: string, read: (fields: Fields) => T): readonly T[] {
    const found = this.#find(name, {});
    if (found === undefined) return [];
    if (found.node.kind !== "list") return this.#wrong(found, "a list", "Write `- ` lines.") ?? [];
    return itemsOf(found).map((item) => read(this.#below(item, name)));
  }

  /** Whether the key is written at all. */
  has(name: string): boolean {
    return this.#entry(name) !== undefined;
  }

  /** Refuses every key that was not asked for, with the nearest one that is known. Call it last. */
  refuseOthers(): void {
    const known = [...this.#asked];
    for (const { name, key } of entriesOf(this.#at)) {
      if (this.#asked.has(name)) continue;
      const meant = nearest(name, known);
      const fix = meant === undefined ? `Known here: ${known.join(", ")}.` : `Write ${meant}.`;
      this.complain("settings-unknown-key", key, `${join(this.#at.path, name)} is not a setting`, fix);
    }
  }

  complain(code: SettingsCode, span: Span, message: string, fix: string): void {
    this.#problems.push({ code, path: this.#at.path, place: this.#source.placeOf(span), message, fix });
  }

  /** A complaint at a field's value, or at this map when it is absent. */
  complainAt(name: string, code: SettingsCode, message: string, fix: string): void {
    this.complain(code, this.#entry(name)?.node.span ?? this.#at.key, message, fix);
  }

  get #here(): string {
    return this.#at.path === "" ? "the file" : this.#at.path;
  }

  #below(at: Located, name: string): Fields {
    return new Fields(this.#source, at, name, this.#problems);
  }

  #entry(name: string): Entry | undefined {
    return entriesOf(this.#at).find((entry) => entry.name === name);
  }

  #find(name: string, { required = false }: Need): Entry | undefined {
    this.#asked.add(name);
    const found = this.#entry(name);
    if (found !== undefined && found.node.kind !== "null") return found;
    if (required && this.#at.node.kind === "map") {
      this.complain(
        "settings-missing",
        found?.key ?? this.#at.key,
        `${join(this.#at.path, name)} is missing`,
        `Add ${name}.`,
      );
    }
    return undefined;
  }

  #wrong(found: Located, what: string, fix: string): undefined {
    this.complain("settings-wrong-value", found.node.span, `${found.path} is not ${what}`, fix);
    return undefined;
  }

  #twice(span: Span, key: string): void {
    this.complain("settings-twice", span, `${join(this.#at.path, key)} is written twice`, "Keep one of them.");
  }
}

function parseDuration(text: string): number | undefined {
  const value = parseGoDuration(text);
  return value === undefined || value < 0 ? undefined : value;
}
