import type { Review } from "./review.ts";

/** The review for other programs: all of it, with a version that is raised when a field changes its meaning. */
export function renderJson(review: Review): string {
  return `${JSON.stringify({ version: 1, ...review }, undefined, 2)}\n`;
}
