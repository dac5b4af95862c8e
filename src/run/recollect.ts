// A journal enters, where its run stands leaves. The journal is the run's events, so the phase is found by telling them again.

import type { Start } from "./drive.ts";
import type { Event } from "./event.ts";
import type { Phase } from "./phase.ts";
import type { JournalEntry } from "./ports.ts";
import { begin, step } from "./step.ts";
import type { Terms } from "./terms.ts";

export type Recollection =
  /** To be driven with a `resumed` event in its inbox. */
  | { readonly kind: "unfinished"; readonly start: Start }
  | { readonly kind: "finished"; readonly start: Start; readonly delivered: boolean }
  /** Claimed, and nothing more on record: nothing was done. */
  | { readonly kind: "never-began" };

/** Where a run on record stands. */
export function recollect(entries: readonly JournalEntry[]): Recollection {
  const terms = entries.find(({ kind }) => kind === "terms")?.data as Terms | undefined;
  if (terms === undefined) return { kind: "never-began" };
  const events = entries.flatMap(({ kind, data }) => (kind === "event" ? [data as Event] : []));
  let phase: Phase = begin(terms).phase;
  for (const event of events) ({ phase } = step(phase, event));
  const start: Start = { step: { phase }, events: events.length };
  if (phase.name !== "finished") return { kind: "unfinished", start };
  return { kind: "finished", start, delivered: entries.some(({ kind }) => kind === "delivered") };
}
