import type { Times } from "./times.ts";

/** Limits of one environment. Absent caps are unlimited; a pull request can only tighten them. */
export type Caps = {
  readonly pods?: number;
  readonly percent?: number;
  readonly durationMs?: number;
  /** Whether a fault may leave wrong bytes in files for good; only `true` permits it. */
  readonly alteredData?: boolean;
  /** How far a clock that counts from boot may be shifted; 10 s where it is absent. */
  readonly clockShiftMs?: number;
  /** Runs under way at once; further ones wait. */
  readonly runs?: number;
};

/** Who may be hit from where, of the default branch's settings or of the cluster's own ChaosPolicy. */
export type Policy = {
  readonly environment: string;
  /** Namespaces an experiment may hit at all. */
  readonly namespaces: readonly string[];
  /** Besides its own namespace, an experiment in `from` may hit `to`. */
  readonly pairings: readonly { readonly from: string; readonly to: string }[];
  /** Never hit, whatever else is said; `kube-system` and friends are built in. */
  readonly protectedNamespaces: readonly string[];
  readonly caps: Caps;
  /** Absent: at any time. */
  readonly times?: Times;
};
