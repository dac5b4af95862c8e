import type { Experiment } from "../manifest/experiment.ts";
import type { WrittenSpec } from "../manifest/written.ts";
import { DEFAULT_GRACE, type Grace } from "../slo/decide.ts";
import type { Objective } from "../slo/objective.ts";
import type { TicketClaims } from "../ticket/claims.ts";

/** How closely a run is guarded. All times in milliseconds. */
export type Guard = {
  /** Between the starts of two polls; at most what a lease needs. */
  readonly pollMs: number;
  /** Polls in a row that must be steady before a fault. */
  readonly baselinePolls: number;
  readonly grace: Grace;
  /** Within this after the last undo every objective must be ok again. */
  readonly recoveryMs: number;
  /** A silence ends by itself this long after the last poll that extended it. */
  readonly silenceMs: number;
  /** A run that could tell nobody for this long could not be aborted either, and stops. */
  readonly unheardMs: number;
  /** Before an order that nobody answered is given again; twice as long before each further try. */
  readonly retryInjectMs: number;
  /** Before an undo that failed is tried again; twice as long before each further try, up to eight times as long. */
  readonly retryUndoMs: number;
  /** False where no Alertmanager is configured: alerts then ring as always. */
  readonly silences: boolean;
};

export const DEFAULT_GUARD: Guard = {
  pollMs: 2_000,
  baselinePolls: 5,
  grace: DEFAULT_GRACE,
  recoveryMs: 60_000,
  silenceMs: 45_000,
  unheardMs: 45_000,
  retryInjectMs: 250,
  retryUndoMs: 1_000,
  silences: true,
};

/** Everything about a run that is known before it starts and never changes: the permission, the experiment, the guard. */
export type Terms = {
  readonly runId: string;
  /** Compact JWS: the daemon verifies it again. */
  readonly ticket: string;
  readonly claims: TicketClaims;
  readonly manifest: { readonly path: string; readonly index: number; readonly sha256: string };
  readonly experiment: Experiment;
  /** Its spec as written, where the runner may leave it to an installation of Chaos Mesh. */
  readonly written?: WrittenSpec;
  readonly objectives: readonly Objective[];
  readonly clusterId: string;
  readonly runner: string;
  readonly requestedAt: number;
  readonly guard: Guard;
};
