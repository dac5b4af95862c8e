import type { Mode } from "../manifest/experiment.ts";

export type CountRange = { readonly least: number; readonly most: number };

/** How many of `available` pods a mode may select; the bounds differ only for `random-max-percent`. */
export function countRange(mode: Mode, available: number): CountRange {
  if (mode.kind === "random-max-percent") return { least: 0, most: shareOf(available, mode.percent) };
  const count = fixedCount(mode, available);
  return { least: count, most: count };
}

/**
 * How many pods a mode selects. `drawPercent` answers a whole percentage in 0..its argument, for `random-max-percent` only, which
 * may therefore select none.
 */
export function countOf(mode: Mode, available: number, drawPercent: (most: number) => number): number {
  return mode.kind === "random-max-percent"
    ? shareOf(available, drawPercent(mode.percent))
    : fixedCount(mode, available);
}

function fixedCount(mode: Exclude<Mode, { kind: "random-max-percent" }>, available: number): number {
  switch (mode.kind) {
    case "one":
      return Math.min(1, available);
    case "all":
      return available;
    case "fixed":
      return Math.min(mode.count, available);
    case "fixed-percent":
      return shareOf(available, mode.percent);
  }
}

/** Rounds up, as Chaos Mesh does since 2.2: any percentage above 0 of any pod is at least one pod. In whole numbers, exactly. */
function shareOf(available: number, percent: number): number {
  return Math.min(available, Math.ceil((available * percent) / 100));
}
