import type { Clock } from "../clock.ts";
import type { Occupancy } from "./occupancy.ts";
import type { Cluster, Faults, Metrics, Silences } from "./ports.ts";
import type { Scribe } from "./scribe.ts";
import type { Terms } from "./terms.ts";

/** Everything a command of one run may need. */
export type Hands = {
  readonly terms: Terms;
  readonly cluster: Cluster;
  readonly faults: Faults;
  readonly metrics: Metrics;
  readonly silences: Silences;
  readonly occupancy: Occupancy;
  readonly scribe: Scribe;
  readonly clock: Clock;
  /** When a report was last taken, in Unix milliseconds. */
  readonly heardAt: () => number;
  /** Ends a wait early. */
  readonly bell: () => AbortSignal;
};
