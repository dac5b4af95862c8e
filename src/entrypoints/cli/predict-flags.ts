import { parseArgs } from "node:util";
import { parseBytes, parseRate } from "../../settings/quantities.ts";
import { parseCount, parseLink, parseSeconds, parseShare } from "./predict-quantities.ts";
import { WrongWords } from "./words.ts";

/** How one flag is read; what stands in `otherwise` is taken where the flag is not given, and undefined there leaves it open. */
export type Flag<Value> = {
  readonly parse: (text: string) => Value | undefined;
  /** What help writes behind the flag; empty for a flag without a value. */
  readonly placeholder: string;
  readonly example: string;
  readonly otherwise?: string;
  readonly required: boolean;
};

export type Flags = Readonly<Record<string, Flag<unknown>>>;

export type ValuesOf<F extends Flags> = {
  readonly [Name in keyof F]: F[Name] extends Flag<infer Value> ? Value : never;
};

export type Given<F extends Flags> = {
  readonly values: ValuesOf<F>;
  /** For printing, in bytes, seconds, per second and shares of 1. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** The same as typed, and what was taken for flags that were not given. */
  readonly echo: readonly string[];
  /** Each input with its value in the units of the model and who gave it. */
  readonly trace: readonly { readonly name: string; readonly value: unknown; readonly from: string }[];
  readonly format: string;
  readonly explain: boolean;
};

const BYTES = { parse: parseBytes, placeholder: "BYTES", example: "64KiB" };
const SECONDS = { parse: parseSeconds, placeholder: "TIME", example: "500ms" };
const RATE = { parse: parseRate, placeholder: "RATE", example: "1000/s" };
const LINK = { parse: parseLink, placeholder: "LINK", example: "1Gbit/s" };
const SHARE = { parse: parseShare, placeholder: "SHARE", example: "1%" };
const COUNT = { parse: parseCount, placeholder: "N", example: "200" };

/** The kinds of quantities that flags take. */
export const QUANTITY = { bytes: BYTES, seconds: SECONDS, rate: RATE, link: LINK, share: SHARE, count: COUNT } as const;

type Quantity = Pick<Flag<number>, "parse" | "placeholder" | "example">;

/** A flag that must be given. */
export function required(quantity: Quantity): Flag<number> {
  return { ...quantity, required: true };
}

/** A flag with a value where it is not given. */
export function otherwise(text: string, quantity: Quantity): Flag<number> {
  return { ...quantity, otherwise: text, required: false };
}

/** A flag that may be missing. */
export function optional(quantity: Quantity): Flag<number | undefined> {
  return { ...quantity, required: false };
}

/** The release of a Linux kernel, as `uname -r` prints it; may be missing. */
export function release(): Flag<string | undefined> {
  const parse = (text: string) => (/^\d{1,4}\.\d{1,4}[\w.+-]{0,100}$/.test(text) ? text : undefined);
  return { parse, placeholder: "RELEASE", example: "6.1.0", required: false };
}

/** A flag with one of a few words; the first is taken where it is not given. */
export function choice<const Words extends readonly [string, ...string[]]>(words: Words): Flag<Words[number]> {
  return {
    parse: (text) => words.find((word) => word === text),
    placeholder: words.join("|"),
    example: words.join(" or "),
    otherwise: words[0],
    required: false,
  };
}

/** A flag without a value. */
export function toggle(): Flag<boolean> {
  return { parse: (text) => text === "true", placeholder: "", example: "", otherwise: "false", required: false };
}

/** Reads the words after a question; a flag it does not know, or cannot read, is a mistake. */
export function readFlags<F extends Flags>(words: readonly string[], flags: F): Given<F> {
  const { format = "text", explain = "false", ...texts } = parsed(words, flags);
  const entries = Object.entries(flags).map(([name, flag]) => [name, readFlag(name, flag, texts[name])] as const);
  const missing = entries.filter(([name, value]) => value === undefined && flags[name]?.required);
  if (missing.length > 0)
    throw new WrongWords(`give ${missing.map(([name]) => `--${name} ${flags[name]?.placeholder}`).join(" ")}`);
  const echo = Object.entries(flags).flatMap(([name, { otherwise: taken }]) => echoOf(name, texts[name], taken));
  const inputs = Object.fromEntries(entries.filter(([, value]) => value !== undefined));
  // Each value came out of its own flag's parser, which is what ValuesOf says; Object.fromEntries cannot.
  return {
    values: inputs as ValuesOf<F>,
    inputs,
    echo,
    trace: Object.entries(inputs).map(([name, value]) => ({ name, value, from: fromOf(name, texts[name]) })),
    format,
    explain: explain === "true",
  };
}

function parsed(words: readonly string[], flags: Flags): Readonly<Record<string, string>> {
  const options = Object.entries({ ...flags, format: { placeholder: "FORMAT" }, explain: { placeholder: "" } }).map(
    ([name, { placeholder }]) =>
      [name, { type: placeholder === "" ? ("boolean" as const) : ("string" as const) }] as const,
  );
  try {
    const { values } = parseArgs({ args: [...words], options: Object.fromEntries(options) });
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  } catch (error) {
    // parseArgs reports unknown and incomplete flags by throwing a TypeError with a sentence for the user.
    throw new WrongWords(error instanceof Error ? error.message : String(error));
  }
}

function readFlag(name: string, flag: Flag<unknown>, given: string | undefined): unknown {
  const text = given ?? flag.otherwise;
  if (text === undefined) return undefined;
  const value = flag.parse(text);
  if (value === undefined) throw new WrongWords(`--${name} ${JSON.stringify(text)} is not like ${flag.example}`);
  return value;
}

function fromOf(name: string, given: string | undefined): string {
  return given === undefined ? "default of the command" : `given as --${name} ${given}`;
}

function echoOf(name: string, given: string | undefined, taken: string | undefined): readonly string[] {
  if (given !== undefined) return [`--${name} ${given}`];
  return taken === undefined ? [] : [`--${name} ${taken} (default)`];
}
