import { expect, it } from "vitest";
import { blastLabel } from "../../src/review/blast-label.ts";
import type { Review } from "../../src/review/review.ts";

function reviewReaching(...reaches: readonly (readonly [most: number, matched: number] | undefined)[]): Review {
  const experiments = reaches.map((reach) =>
    reach === undefined ? {} : { reach: { matched: reach[1], hits: { least: 0, most: reach[0] } } },
  );
  return { experiments } as unknown as Review;
}

it.each([
  { name: "no pod", reaches: [[0, 10]], label: "chaos:blast-none" },
  { name: "nothing that matches", reaches: [[0, 0]], label: "chaos:blast-none" },
  { name: "the one pod that there is", reaches: [[1, 1]], label: "chaos:blast-small" },
  { name: "a tenth", reaches: [[10, 100]], label: "chaos:blast-small" },
  { name: "more than a tenth", reaches: [[11, 100]], label: "chaos:blast-medium" },
  { name: "half", reaches: [[5, 10]], label: "chaos:blast-medium" },
  { name: "more than half", reaches: [[6, 10]], label: "chaos:blast-large" },
  {
    name: "little once and much once",
    reaches: [
      [1, 100],
      [9, 10],
    ],
    label: "chaos:blast-large",
  },
] as const)("an experiment on $name is $label", ({ reaches, label }) => {
  expect(blastLabel(reviewReaching(...reaches))).toBe(label);
});

it("says nothing while one experiment's pods were not looked at, or there is none", () => {
  expect([blastLabel(reviewReaching([1, 10], undefined)), blastLabel(reviewReaching())]).toEqual([
    undefined,
    undefined,
  ]);
});
