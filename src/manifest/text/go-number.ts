// Go's strconv, where the admission webhooks use it.

const INT64_MAX = 2n ** 63n - 1n;
const UINT64_MAX = 2n ** 64n - 1n;
const DECIMAL = /^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]+)?$/i;
const HEXADECIMAL = /^([+-]?)0x([0-9a-f]*)(?:\.([0-9a-f]*))?p([+-]?[0-9]+)$/i;
const INFINITY = /^([+-]?)inf(inity)?$/i;

/** strconv.Atoi: a decimal integer of 64 bits, or undefined where Go reports an error. */
export function atoi(text: string): number | undefined {
  if (!/^[+-]?[0-9]{1,64}$/.test(text)) return undefined;
  const value = BigInt(text.replace("+", ""));
  return value > INT64_MAX || value < -INT64_MAX - 1n ? undefined : Number(value);
}

/** strconv.ParseUint(text, 10, 64), or undefined where Go reports an error. */
export function parseUint(text: string): number | undefined {
  if (!/^[0-9]{1,64}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value > UINT64_MAX ? undefined : Number(value);
}

/** strconv.ParseFloat(text, 32), or undefined where Go reports an error. `NaN` and `Inf` are numbers to Go. */
export function parseFloat32(written: string): number | undefined {
  const text = withoutSeparators(written);
  if (text === undefined) return undefined;
  if (/^nan$/i.test(text)) return Number.NaN;
  const infinite = INFINITY.exec(text);
  if (infinite !== null) return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  const value = DECIMAL.test(text) ? Number(text) : hexadecimal(text);
  return value === undefined || !Number.isFinite(Math.fround(value)) ? undefined : value;
}

/** Go lets `_` stand between two digits of a float, and after `0x`; undefined where it stands elsewhere. */
export function withoutSeparators(text: string): string | undefined {
  if (!text.includes("_")) return text;
  const digit = /^[+-]?0x/i.test(text) ? "[0-9a-fx]" : "[0-9]";
  const isBetween = text.split("_").every((part, index, { length }) => {
    const before = index === 0 || new RegExp(`^${digit}`, "i").test(part);
    return before && (index === length - 1 || new RegExp(`${digit}$`, "i").test(part));
  });
  return isBetween ? text.replaceAll("_", "") : undefined;
}

function hexadecimal(text: string): number | undefined {
  const found = HEXADECIMAL.exec(text);
  if (found === null) return undefined;
  const [, sign, whole = "", fraction = "", exponent = "0"] = found;
  if (whole + fraction === "" || whole.length + fraction.length > 64) return undefined;
  const value = Number(`0x0${whole}${fraction}`) * 2 ** (Number(exponent) - 4 * fraction.length);
  return sign === "-" ? -value : value;
}
