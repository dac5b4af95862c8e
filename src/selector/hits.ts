// What is known before a draw: how many pods of a group a mode may hit, how many on average, and how likely it hits any at all.
// Chaos Mesh draws from crypto/rand, so which pods these are is nobody's promise.

import type { Mode } from "../manifest/experiment.ts";
import { countOf } from "./mode.ts";

export type Hits = {
  readonly least: number;
  readonly most: number;
  readonly mean: number;
  /** That at least one pod of the group is hit, 0..1. */
  readonly chance: number;
};

/**
 * Hits in a group of `group` pods out of `matched`, when the mode draws uniformly without replacement: hypergeometric, with mean
 * n * group / matched and chance 1 - C(matched - group, n) / C(matched, n). `random-max-percent` is the average over its percentages
 * 0..p, which are equally likely.
 */
export function hitsIn(mode: Mode, matched: number, group: number): Hits {
  if (mode.kind !== "random-max-percent")
    return hitsOfDraw(
      countOf(mode, matched, () => 0),
      matched,
      group,
    );
  const draws = Array.from({ length: mode.percent + 1 }, (_, percent) =>
    hitsOfDraw(
      countOf(mode, matched, () => percent),
      matched,
      group,
    ),
  );
  const average = (of: (hits: Hits) => number) => draws.reduce((sum, hits) => sum + of(hits), 0) / draws.length;
  return {
    least: Math.min(...draws.map(({ least }) => least)),
    most: Math.max(...draws.map(({ most }) => most)),
    mean: average(({ mean }) => mean),
    chance: average(({ chance }) => chance),
  };
}

function hitsOfDraw(drawn: number, matched: number, group: number): Hits {
  const least = Math.max(0, drawn - (matched - group));
  const mean = matched === 0 ? 0 : (drawn * group) / matched;
  return { least, most: Math.min(drawn, group), mean, chance: least > 0 ? 1 : 1 - chanceOfNone(drawn, matched, group) };
}

/** The pods drawn one after the other, each from those that are left, all outside the group. */
function chanceOfNone(drawn: number, matched: number, group: number): number {
  let chance = 1;
  for (let index = 0; index < drawn; index++) chance *= (matched - group - index) / (matched - index);
  return chance;
}
