import type { Timeline } from "./time/timeline.ts";

/** Every kind of chaos-mesh.org/v1alpha1 that is recognised; `NetworkChaos` and `PodChaos` are fully modelled. */
export type ChaosKind = string;

export type Expression = {
  readonly key: string;
  readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
  readonly values: readonly string[];
};

/** Chaos Mesh's pod selector after defaulting: `namespaces` is never empty unless `pods` is given. */
export type Selector = {
  readonly namespaces: readonly string[];
  readonly labelSelectors: Readonly<Record<string, string>>;
  readonly expressionSelectors: readonly Expression[];
  readonly annotationSelectors: Readonly<Record<string, string>>;
  readonly fieldSelectors: Readonly<Record<string, string>>;
  readonly podPhaseSelectors: readonly string[];
  readonly nodes: readonly string[];
  readonly nodeSelectors: Readonly<Record<string, string>>;
  /** Namespace -> pod names. When present, everything else is ignored (Chaos Mesh's rule). */
  readonly pods?: Readonly<Record<string, readonly string[]>>;
};

export type Mode =
  | { readonly kind: "one" }
  | { readonly kind: "all" }
  | { readonly kind: "fixed"; readonly count: number }
  | { readonly kind: "fixed-percent"; readonly percent: number }
  | { readonly kind: "random-max-percent"; readonly percent: number };

export type Target = { readonly selector: Selector; readonly mode: Mode };

export type Direction = "to" | "from" | "both";

/** Percentages are 0..100, times are milliseconds. */
export type Netem = {
  readonly delay?: { readonly latencyMs: number; readonly jitterMs: number; readonly correlation: number };
  readonly loss?: { readonly percent: number; readonly correlation: number };
  readonly duplicate?: { readonly percent: number; readonly correlation: number };
  readonly corrupt?: { readonly percent: number; readonly correlation: number };
};

export type NetworkAction = "netem" | "delay" | "loss" | "duplicate" | "corrupt" | "partition" | "bandwidth";

export type NetworkFaultSpec = {
  readonly action: NetworkAction;
  readonly direction: Direction;
  readonly target?: Target;
  readonly externalTargets: readonly string[];
  readonly device?: string;
  readonly netem: Netem;
};

export type PodAction = "pod-kill" | "pod-failure" | "container-kill";

type Common = {
  readonly name: string;
  readonly namespace: string;
  readonly annotations: Readonly<Record<string, string>>;
  readonly selector: Selector;
  readonly mode: Mode;
  /** Absent: the manifest has no duration and the fault would never end by itself. */
  readonly durationMs?: number;
  /** Annotation `chaosgate.dev/hypothesis`. */
  readonly hypothesis?: string;
  /** Annotation `chaosgate.dev/objectives`, comma separated names of objectives in the settings. */
  readonly objectives?: readonly string[];
  /** Of a Workflow, also of one that a Schedule repeats. */
  readonly timeline?: Timeline;
  /** Set when the document is a Schedule that embeds the chaos; the cron expression as written. */
  readonly schedule?: { readonly cron: string; readonly concurrencyPolicy: "Forbid" | "Allow" };
};

/** A validated chaos object: what one YAML document means after the cluster's defaulting. */
export type Experiment = Common &
  (
    | { readonly kind: "NetworkChaos"; readonly network: NetworkFaultSpec }
    | {
        readonly kind: "PodChaos";
        readonly pod: {
          readonly action: PodAction;
          readonly gracePeriodSeconds: number;
          readonly containerNames: readonly string[];
        };
      }
    | { readonly kind: "Other"; readonly chaosKind: ChaosKind }
  );

export type ExperimentOf<K extends Experiment["kind"]> = Extract<Experiment, { kind: K }>;
