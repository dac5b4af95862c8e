// The one comment of a pull request that chaosgate keeps up to date: a review enters, Markdown leaves. Everything in it that others
// wrote passes escape.ts; names of pods stay out where the public reads along.

import type { Rendering } from "./audience.ts";
import { codeInHtml, prose } from "./escape.ts";
import { changesTable } from "./parts/changes-table.ts";
import { details } from "./parts/details.ts";
import { experimentsTable } from "./parts/experiments-table.ts";
import { identityOf } from "./parts/identity.ts";
import { impactTable } from "./parts/impact.ts";
import { nextStep } from "./parts/next-step.ts";
import { radius } from "./parts/radius.ts";
import { reachTables } from "./parts/reach.ts";
import { remarksTable } from "./parts/remarks-table.ts";
import { timelineOf } from "./parts/timeline.ts";
import { verdictOf } from "./parts/verdict.ts";
import type { Review } from "./review.ts";
import { folded, join, type Section } from "./sections.ts";

const MOST_REMARKS = 30;

/** The comment. */
export function renderComment(review: Review, rendering: Rendering): string {
  const { icon, sentence } = verdictOf(review);
  return join([
    { markdown: `### ${icon} ${prose(sentence)}\n\n${identityOf(review)}`, needed: true },
    ...bodyOf(review, rendering, MOST_REMARKS),
  ]);
}

/** All that follows the first lines, in the order of what a reader needs first. */
export function bodyOf(review: Review, { audience }: Rendering, mostRemarks: number): readonly Section[] {
  const { experiments } = review;
  const several = experiments.length > 1;
  const remarks = { markdown: remarksTable(review, mostRemarks), needed: true };
  const impacts = experiments.map((reviewed) => ({ markdown: impactTable(reviewed, several), needed: !several }));
  return [
    { markdown: experimentsTable(review), needed: true },
    { markdown: changesTable(review), needed: true },
    ...(review.outcome === "reviewed" ? [...impacts, remarks] : [remarks, ...impacts]),
    { markdown: nextStep(review), needed: true },
    ...experiments.map((reviewed) => {
      const title = `<b>What happens when</b>: ${codeInHtml(reviewed.experiment.name)}`;
      return { markdown: folded(title, timelineOf(reviewed), several ? "closed" : "open") };
    }),
    ...experiments.map((reviewed) => {
      const picture = radius(reviewed, audience);
      const title = `<b>Blast radius</b>: ${codeInHtml(reviewed.experiment.name)}`;
      return { markdown: folded(title, picture, several ? "closed" : "open") };
    }),
    ...experiments.map((reviewed) => ({ markdown: reachTables(reviewed, audience) })),
    ...experiments.map((reviewed) => ({ markdown: details(reviewed, audience) })),
  ];
}
