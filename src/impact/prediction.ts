/** Where a figure came from, in the order of trust; `default` figures are documented ones, never invented. */
export type Provenance = "manifest" | "settings" | "live" | "default";

export type Input = {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly from: Provenance;
  /** Where exactly: a key of the settings, a PromQL query, a sysctl, a document. */
  readonly at?: string;
};

export type PredictionId =
  | "added-latency"
  | "connect-time"
  | "window-throughput"
  | "drop-ratio"
  | "threads"
  | "time-to-saturation"
  | "timeout-rule"
  | "loss-throughput"
  | "lost-exchanges"
  | "retry-load"
  | "guard-detects"
  | "budget-spent"
  | "error-share"
  | "load-on-rest";

/** One predicted figure with everything needed to trace and to doubt it. */
export type Prediction = {
  readonly id: PredictionId;
  /** `checkout -> payment`, or the service's name. */
  readonly subject: string;
  readonly title: string;
  readonly value: number;
  /** The value without the fault, in the same unit. */
  readonly baseline?: number;
  /** `ms`, `B/s`, `ratio`, `threads`, `s`. */
  readonly unit: string;
  readonly interval?: readonly [low: number, high: number];
  /** The bound that binds (`window`, `link`, `pool`, `timeout`). */
  readonly binding: string;
  readonly formula: string;
  /** RFC, paper or kernel line. */
  readonly source: string;
  readonly inputs: readonly Input[];
  /** The figure in a sentence a reviewer can act on. */
  readonly sentence: string;
};

/** A figure that cannot be given, and what would make it possible. */
export type NotPredictable = { readonly id: PredictionId; readonly subject: string; readonly why: string };

export type Impact = {
  readonly predictions: readonly Prediction[];
  readonly notPredictable: readonly NotPredictable[];
};
