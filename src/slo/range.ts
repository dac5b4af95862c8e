const UNITS: Readonly<Record<string, number>> = {
  ms: 1e-3,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_536_000,
};

/** The longest range that a PromQL query looks back over, in seconds: 60 of `rate(errors[1m])`. Undefined where it has none. */
export function longestRangeSeconds(promql: string): number | undefined {
  const ranges = [...promql.slice(0, 10_000).matchAll(/\[((?:\d{1,9}(?:ms|[smhdwy]))+)(?::[^\]]*)?\]/g)];
  const seconds = ranges.map(([, range = ""]) =>
    [...range.matchAll(/(\d+)(ms|[smhdwy])/g)].reduce(
      (sum, [, n, unit = ""]) => sum + Number(n) * (UNITS[unit] ?? 0),
      0,
    ),
  );
  return seconds.length === 0 ? undefined : Math.max(...seconds);
}
