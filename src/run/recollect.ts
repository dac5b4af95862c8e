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

/** Stands for every intent and event before it, so that a journal need not grow with its run. */
export type Checkpoint = { readonly phase: Untold; readonly events: number };

/** A phase without what is on record once already. */
type Untold = Phase extends infer P ? (P extends Phase ? Omit<P, "terms"> : never) : never;

/** A journal may keep this as an entry `checkpoint` in place of the intents and events that led to a phase. */
export function checkpointOf({ terms: _, ...phase }: Phase, events: number): Checkpoint {
  return { phase, events };
}

/** The phase of a checkpoint, under the terms of its run. */
export function phaseAt({ phase }: Checkpoint, terms: Terms): Phase {
  return { ...phase, terms } as Phase;
}

/** Where a run on record stands. */
export function recollect(entries: readonly JournalEntry[]): Recollection {
  const terms = entries.find(({ kind }) => kind === "terms")?.data as Terms | undefined;
  if (terms === undefined) return { kind: "never-began" };
  let phase: Phase = begin(terms).phase;
  let events = 0;
  for (const { kind, data } of entries) {
    if (kind === "checkpoint") {
      phase = phaseAt(data as Checkpoint, terms);
      ({ events } = data as Checkpoint);
    } else if (kind === "event") {
      ({ phase } = step(phase, data as Event));
      events += 1;
    }
  }
  const start: Start = { step: { phase }, events };
  if (phase.name !== "finished") return { kind: "unfinished", start };
  return { kind: "finished", start, delivered: entries.some(({ kind }) => kind === "delivered") };
}
