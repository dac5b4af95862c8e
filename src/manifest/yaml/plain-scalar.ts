import type { Scalar } from "./node.ts";

// What an unquoted word means to sigs.k8s.io/yaml, the reader of kubectl and the API server: YAML 1.1 as Go's yaml.v2 has it
// (resolve.go). `on`, `y` and `010` surprise people here, and so they must surprise this reader as well.

const WORDS: ReadonlyMap<string, Scalar> = new Map([
  ...meaning({ kind: "null" }, ["", "~", "null", "Null", "NULL"]),
  ...meaning({ kind: "boolean", value: true }, "y Y yes Yes YES true True TRUE on On ON".split(" ")),
  ...meaning({ kind: "boolean", value: false }, "n N no No NO false False FALSE off Off OFF".split(" ")),
  ...meaning({ kind: "number", value: Number.NaN }, [".nan", ".NaN", ".NAN"]),
  ...meaning({ kind: "number", value: Number.POSITIVE_INFINITY }, ".inf .Inf .INF +.inf +.Inf +.INF".split(" ")),
  ...meaning({ kind: "number", value: Number.NEGATIVE_INFINITY }, ["-.inf", "-.Inf", "-.INF"]),
]);

function meaning(scalar: Scalar, words: readonly string[]): readonly (readonly [string, Scalar])[] {
  return words.map((word) => [word, scalar] as const);
}

const FLOAT = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;
const INTEGER = /^([-+]?)(0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9][0-9]*)$/;

const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;
const LARGEST_INT64_DOUBLE = 2 ** 63 - 2 ** 10;
const LARGEST_UINT64_DOUBLE = 2 ** 64 - 2 ** 11;

/** The value of a plain scalar; timestamps stay text, as yaml.v2 leaves them. */
export function resolvePlain(text: string): Scalar {
  const word = WORDS.get(text);
  if (word !== undefined) return word;
  const number = numberOf(text);
  return number === undefined ? { kind: "string", value: text } : { kind: "number", value: number };
}

function numberOf(text: string): number | undefined {
  if (!/^[-+.0-9]/.test(text)) return undefined;
  const digits = text.replaceAll("_", "");
  return integerOf(digits) ?? (FLOAT.test(digits) ? finite(Number(digits)) : undefined);
}

/** Go reports an error for what no float64 holds, and the word then stays text. */
function finite(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}

/** A whole number of int64 or uint64; what neither holds is left to the floats. */
function integerOf(digits: string): number | undefined {
  const found = digits.length > 80 ? null : INTEGER.exec(digits);
  if (found === null) return undefined;
  const [, sign, magnitude = ""] = found;
  // Go's base 0 reads a leading zero as octal; JavaScript needs the letter.
  const spelled = /^0[0-7]+$/.test(magnitude) ? `0o${magnitude.slice(1)}` : magnitude.toLowerCase();
  const value = sign === "-" ? -BigInt(spelled) : BigInt(spelled);
  if (value < -INT64_MAX - 1n || value > UINT64_MAX) return undefined;
  // The double nearest to the greatest of them is above their range; the one below stands for it.
  return Math.min(Number(value), value <= INT64_MAX ? LARGEST_INT64_DOUBLE : LARGEST_UINT64_DOUBLE);
}
