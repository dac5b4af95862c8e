import { visible } from "./escape.ts";
import type { Review } from "./review.ts";

/** What differs from the base, for a terminal. */
export function changeLines({ changes }: Review): readonly string[] {
  if (changes === undefined) return [];
  if (changes.length === 0) return ["against the base, no experiment is added, removed or changed"];
  return changes.flatMap((one) => {
    const name = `${one.kind} ${visible(one.name)}`;
    if (one.change !== "changed") return [`${one.change} ${visible(name)}`];
    const lines = one.differences.map(({ what, before, now }) => {
      return before === "" && now === "" ? `  ${what}` : `  ${what}: ${visible(before)} -> ${visible(now)}`;
    });
    return [`changed ${visible(name)}`, ...lines];
  });
}
