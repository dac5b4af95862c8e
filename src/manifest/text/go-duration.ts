const NANOSECONDS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
const PART = /([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)/g;
const WHOLE = /^[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+$/;

/** What nearly everybody writes: a small whole number with one unit. Its milliseconds are exact, so nothing of the below is needed. */
const ORDINARY = /^([0-9]{1,6})(ms|s|m|h)$/;

/** Go's time.ParseDuration in milliseconds, or undefined where Go reports an error; signs and fractions are allowed. */
export function parseGoDuration(text: string): number | undefined {
  const [, count, unit = ""] = ORDINARY.exec(text) ?? [];
  if (count !== undefined) return Number(count) * ((NANOSECONDS[unit] ?? 0) / 1e6);
  if (/^[+-]?0$/.test(text)) return 0;
  if (text.length > 200 || !WHOLE.test(text)) return undefined;
  let nanoseconds = 0n;
  for (const [, amount = "", unit = ""] of text.matchAll(PART))
    nanoseconds += nanosecondsOf(amount, NANOSECONDS[unit] ?? 0);
  const isNegative = text.startsWith("-");
  // A Go duration is an int64 of nanoseconds: about 292 years.
  if (nanoseconds > (isNegative ? 2n ** 63n : 2n ** 63n - 1n)) return undefined;
  return (isNegative ? -Number(nanoseconds) : Number(nanoseconds)) / 1e6;
}

/** Exact in the whole part and cut below a nanosecond, as Go does it. */
function nanosecondsOf(amount: string, unit: number): bigint {
  const [whole = "", fraction = ""] = amount.split(".");
  return BigInt(whole || "0") * BigInt(unit) + BigInt(Math.trunc(Number(`0.${fraction || "0"}`) * unit));
}
