const BARS = "▁▂▃▄▅▆▇█";
const WIDEST = 32;

/**
 * Values as bars from 0 to `top`, at most 32 wide: where several share a place the largest is drawn, and a moment without a value is
 * a dot, never a zero.
 */
export function sparkline(values: readonly (number | undefined)[], top: number): string {
  return places(values, WIDEST)
    .map((place) => largest(place))
    .map((value) => (value === undefined ? "·" : bar(value, top)))
    .join("");
}

function places<T>(values: readonly T[], count: number): readonly (readonly T[])[] {
  const size = Math.max(1, Math.ceil(values.length / count));
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    values.slice(index * size, (index + 1) * size),
  );
}

function largest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

function bar(value: number, top: number): string {
  const height = top <= 0 ? 0 : Math.min(1, Math.max(0, value / top));
  return BARS[Math.round(height * (BARS.length - 1))] ?? "·";
}
