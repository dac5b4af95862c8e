import type { BlastRadius } from "../selector/blast-radius.ts";
import type { Review } from "./review.ts";

/** By the largest share of matching pods that one experiment may hit; words that only inform, so that lists can be filtered by them. */
export const BLAST_LABELS = [
  "chaos:blast-none",
  "chaos:blast-small",
  "chaos:blast-medium",
  "chaos:blast-large",
] as const;

export type BlastLabel = (typeof BLAST_LABELS)[number];

/** Up to these shares, small and medium. */
const SMALL = 0.1;
const MEDIUM = 0.5;

/** The label of a review; undefined while nobody has looked at the pods of every experiment. */
export function blastLabel({ experiments }: Review): BlastLabel | undefined {
  const reaches = experiments.flatMap(({ reach }) => reach ?? []);
  if (reaches.length === 0 || reaches.length < experiments.length) return undefined;
  return labelOf(Math.max(...reaches.map(shareOf)), Math.max(...reaches.map(({ hits }) => hits.most)));
}

function shareOf({ matched, hits }: BlastRadius): number {
  return matched === 0 ? 0 : hits.most / matched;
}

/** One pod of one is all of them, and still one pod. */
function labelOf(share: number, pods: number): BlastLabel {
  if (pods === 0) return "chaos:blast-none";
  if (pods === 1 || share <= SMALL) return "chaos:blast-small";
  return share <= MEDIUM ? "chaos:blast-medium" : "chaos:blast-large";
}
