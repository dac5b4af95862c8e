import type { Prediction } from "../impact/prediction.ts";
import type { Objective, Reading } from "../slo/objective.ts";

export type PhaseName =
  | "requested"
  | "preflight"
  | "baseline"
  | "injecting"
  | "watching"
  | "rolling-back"
  | "verifying"
  | "finished";

export type Verdict = "resilient" | "violated" | "aborted" | "inconclusive" | "refused";
export type Rollback = "not-needed" | "verified" | "expired" | "failed";

export type VictimReport = {
  readonly faultId: string;
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly container: string;
  readonly node: string;
  readonly effect: string;
  readonly backEnd: string;
  readonly felt: { readonly measured: boolean; readonly felt: boolean; readonly how: string };
  /** Unix ms. */
  readonly injectedAt: number;
  readonly revertedAt?: number;
};

/** A figure measured by the run, beside the prediction of the same id when there is one. */
export type Measured = {
  readonly id: string;
  readonly subject: string;
  readonly title: string;
  readonly value: number;
  readonly unit: string;
  readonly how: string;
};

/** What the runner says of one run; sent at each change of phase and after each poll, the last one is the truth. */
export type RunReport = {
  readonly version: 1;
  readonly runId: string;
  readonly ticketId: string;
  readonly clusterId: string;
  readonly runner: string;
  readonly repository: { readonly owner: string; readonly name: string };
  readonly pullRequest: number;
  readonly headSha: string;
  readonly environment: string;
  readonly plan: string;
  readonly manifest: { readonly path: string; readonly index: number; readonly sha256: string };
  readonly experiment: {
    readonly name: string;
    readonly namespace: string;
    readonly kind: string;
    readonly action: string;
  };
  readonly hypothesis?: string;
  readonly requester: string;
  /** Rises with every report of the run; a number may be left out when a newer report overtook an older one. */
  readonly sequence: number;
  readonly phase: PhaseName;
  readonly requestedAt: number;
  readonly updatedAt: number;
  readonly durationMs: number;
  /** Present when a cap shortened the manifest's own duration. */
  readonly cappedFromMs?: number;
  readonly victims: readonly VictimReport[];
  readonly matchedPods: number;
  readonly objectives: readonly Objective[];
  /** Newest last; bounded, the oldest watching readings are thinned first. */
  readonly readings: readonly (Reading & { readonly during: "baseline" | "watching" | "verifying" })[];
  readonly timeline: readonly { readonly at: number; readonly what: string }[];
  readonly predictions: readonly Prediction[];
  readonly measured: readonly Measured[];
  readonly lease?: { readonly renewEverySeconds: number; readonly expiresAfterSeconds: number };
  readonly silence?: {
    readonly id: string;
    readonly state: "active" | "lifted" | "expired" | "failed";
    readonly endsAt: number;
  };
  readonly residue?: { readonly checkedAt: number; readonly found: readonly string[] };
  readonly verdict?: Verdict;
  /** Why it ended, in a sentence; present with `verdict`. */
  readonly because?: string;
  readonly rollback?: Rollback;
  readonly undoFailures: readonly string[];
};

/** What the bot's answer to a report (or claims request) tells a runner to do. */
export type Order =
  | { readonly kind: "abort"; readonly runId: string; readonly by: string; readonly reason: string }
  | { readonly kind: "hold"; readonly runId: string; readonly by: string; readonly reason: string };
