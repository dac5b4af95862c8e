/** One measurable promise. Queries come from the settings of the default branch and travel inside the signed ticket. */
export type Objective = {
  readonly name: string;
  /** A sentence for people, such as `checkout error rate`. */
  readonly title: string;
  /** PromQL, instant. Every series it returns counts; NaN or nothing is never a number. */
  readonly query: string;
  /** PromQL that answers the age in seconds of the newest raw sample: `time() - max(timestamp(...))`. */
  readonly freshness: string;
  /** Samples older than this make the reading `stale`. */
  readonly maxAgeSeconds: number;
  /** The promise during a run: a value beyond it is a breach. */
  readonly bound: Bound;
  /** What must hold before a fault; stricter than `bound`. */
  readonly baselineBound: Bound;
  /** `outside` the blast radius: if this degrades, stop with "blast radius exceeded" and lift the silence. */
  readonly scope: "inside" | "outside";
  /** Requests per second under which a reading is `not-enough-traffic`. */
  readonly traffic?: { readonly query: string; readonly atLeast: number };
  readonly unit: "ratio" | "seconds" | "per-second" | "count";
  /** The figure of the impact model that this query measures, so that a run shows both side by side. */
  readonly measures?: MeasuredFigure;
  /** What users were promised over a longer time, and which share of what may fail then one run may spend. */
  readonly budget?: { readonly promise: number; readonly periodSeconds: number; readonly spend: number };
};

/** `arrival-rate` and `service-time` are inputs of the model, read before the fault; the others are what it predicts. */
export type MeasuredFigure = (typeof MEASURED_FIGURES)[number];

export const MEASURED_FIGURES = [
  "error-share",
  "time-to-saturation",
  "threads",
  "window-throughput",
  "added-latency",
  "arrival-rate",
  "service-time",
] as const;

export type Bound =
  | { readonly kind: "below"; readonly value: number }
  | { readonly kind: "above"; readonly value: number };

/** One objective at one poll. Only `ok` is ok. */
export type Reading = {
  readonly objective: string;
  readonly scope: "inside" | "outside";
  /** Unix milliseconds of the evaluation. */
  readonly at: number;
  readonly kind: "ok" | "breach" | "no-data" | "stale" | "query-error" | "not-enough-traffic";
  /** The worst series' value, when there was a number. */
  readonly value?: number;
  readonly bound: Bound;
  readonly detail: string;
};
