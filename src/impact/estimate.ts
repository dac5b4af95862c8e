// The answer to one question about numbers alone, as the command line and scripts ask it: no experiment and no cluster.

import type { OutOfDomain } from "./domain.ts";

export type EstimateUnit = "B/s" | "s" | "ratio" | "threads" | "calls";

export type Estimate = {
  readonly kind: "estimate";
  /** Null where the answer is "never". */
  readonly value: number | null;
  readonly unit: EstimateUnit;
  /** Where the model has one. */
  readonly interval: readonly [low: number, high: number] | null;
  readonly binding: string;
  readonly source: string;
  /** What the reader must know before believing the value. */
  readonly warnings: readonly string[];
  /** What the value means beside others: for people, left out of the JSON. */
  readonly notes: readonly string[];
};

/** An estimate, or why there is none. */
export type Answer = Estimate | OutOfDomain;
