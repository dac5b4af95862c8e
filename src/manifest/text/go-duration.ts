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

/** Go's time.ParseDuration in milliseconds, or undefined where Go reports an error; signs and fractions are allowed. */
export function parseGoDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  if (text.length > 200 || !WHOLE.test(text)) return undefined;
  let nanoseconds = 0;
  for (const [, amount = "", unit = ""] of text.matchAll(PART))
    nanoseconds += Number(amount) * (NANOSECONDS[unit] ?? 0);
  // A Go duration is an int64 of nanoseconds: about 292 years.
  if (nanoseconds > 2 ** 63) return undefined;
  return (text.startsWith("-") ? -nanoseconds : nanoseconds) / 1e6;
}
