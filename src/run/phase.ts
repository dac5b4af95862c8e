// Where a run is. Each phase carries exactly what it knows: what has not happened yet cannot be asked for.

import type { Command, Event } from "./event.ts";
import type { Ledger } from "./ledger.ts";
import type { Rollback, Verdict } from "./report.ts";
import type { Story } from "./story.ts";
import type { Target } from "./target.ts";
import type { Terms } from "./terms.ts";

/** Why a run ends: what was found, in a word and in a sentence. */
export type Ending = { readonly verdict: Verdict; readonly because: string };

export type LeaseTerms = { readonly renewEverySeconds: number; readonly expiresAfterSeconds: number };

type Always = { readonly terms: Terms; readonly story: Story; readonly epoch: number };

/** Known since the snapshot was taken. */
type Resolved = Always & { readonly target: Target; readonly durationMs: number; readonly cappedFromMs?: number };

/** A victim by its place in the target, and how often its order was given and not answered. */
export type Owed = { readonly place: number; readonly tries: number };

/** Known since the daemons have answered. */
type Prepared = Resolved & { readonly lease: LeaseTerms };

/** Known since the first act. */
type Engaged = Prepared & {
  readonly ledger: Ledger;
  /** When the first fault was asked for; the duration counts from here. */
  readonly since: number;
  /** When the leases last began or were renewed. */
  readonly leasedAt: number;
  readonly polledAt: number;
  /** Whether anybody has measured that a victim felt its fault. */
  readonly felt: boolean;
};

export type Requested = Always & { readonly name: "requested" };
export type Preflight = Resolved & { readonly name: "preflight" };
export type Baseline = Prepared & { readonly name: "baseline" };
export type Injecting = Engaged & {
  readonly name: "injecting";
  /** Victims of the target before this one have been in a wave. */
  readonly next: number;
  /** Of those, whoever is not known to have a fault: not begun in time, not answered, or in the wave that goes on. */
  readonly owed: readonly Owed[];
  /** How many may be in the next wave. */
  readonly width: number;
};
export type Watching = Engaged & { readonly name: "watching" };
export type RollingBack = Engaged & {
  readonly name: "rolling-back";
  readonly ending: Ending;
  /** Something outside the blast radius degraded: the silence is lifted and not merely over. */
  readonly spillover: boolean;
  /** How often what could not be undone was tried. */
  readonly rounds: number;
  /** By then every lease has ended what could not be undone. */
  readonly giveUpAt: number;
};
export type Verifying = Engaged & {
  readonly name: "verifying";
  readonly ending: Ending;
  readonly until: number;
  /** What the last look at the daemons said. */
  readonly inspected: { readonly found: readonly string[]; readonly unread: readonly string[] };
};
export type Finished = Always &
  Partial<Pick<Resolved, "target" | "durationMs" | "cappedFromMs">> &
  Partial<Pick<Engaged, "lease" | "ledger">> & {
    readonly name: "finished";
    readonly ending: Ending;
    readonly rollback: Rollback;
  };

export type Phase = Requested | Preflight | Baseline | Injecting | Watching | RollingBack | Verifying | Finished;

/** Before any act: ending here leaves nothing to undo. */
export type Untouched = Requested | Preflight | Baseline;

/** What follows an event. Without a command the one that is pending still stands. */
export type Step = { readonly phase: Phase; readonly command?: Command };

/** An event that reached a phase which cannot get it is our own bug. */
export function unexpected(phase: Phase, event: Event): never {
  throw new Error(`run ${phase.terms.runId}: ${event.kind} cannot happen while ${phase.name}`);
}
