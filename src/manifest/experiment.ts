import type { Size } from "./text/go-size.ts";
import type { Timeline } from "./time/timeline.ts";

/** Every kind of chaos-mesh.org/v1alpha1 that is recognised; those that this engine injects are modelled: NetworkChaos, PodChaos, StressChaos, IOChaos, TimeChaos. */
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
  readonly delay?: {
    readonly latencyMs: number;
    readonly jitterMs: number;
    readonly correlation: number;
    /** The share that overtakes what is delayed; with a gap only every gap-th packet may. */
    readonly reorder?: { readonly percent: number; readonly correlation: number; readonly gap: number };
  };
  readonly loss?: { readonly percent: number; readonly correlation: number };
  readonly duplicate?: { readonly percent: number; readonly correlation: number };
  readonly corrupt?: { readonly percent: number; readonly correlation: number };
  /** netem's own line. */
  readonly rateBytesPerSecond?: number;
};

/** A token bucket; sizes in bytes. */
export type Bandwidth = {
  readonly rateBytesPerSecond: number;
  readonly limit: number;
  readonly buffer: number;
  /** Only where both are written, as in Chaos Mesh. */
  readonly peak?: { readonly rateBytesPerSecond: number; readonly minburst: number };
};

export type NetworkAction = "netem" | "delay" | "loss" | "duplicate" | "corrupt" | "partition" | "bandwidth";

export type NetworkFaultSpec = {
  readonly action: NetworkAction;
  readonly direction: Direction;
  readonly target?: Target;
  readonly externalTargets: readonly string[];
  readonly device?: string;
  readonly netem: Netem;
  /** Annotation `chaosgate.dev/reset-connections`. */
  readonly resetsConnections?: true;
  /** Of action `bandwidth`. */
  readonly bandwidth?: Bandwidth;
};

export type PodAction = "pod-kill" | "pod-failure" | "container-kill";

/** What a StressChaos really starts: a stressor without workers or without a size is none. */
export type StressFaultSpec = {
  /** Empty: the first container. */
  readonly containerNames: readonly string[];
  /** `load` is percent of one core by each worker. */
  readonly cpu?: { readonly workers: number; readonly load: number };
  /** All workers together. */
  readonly memory?: Size;
};

/** The operations of FUSE, by the names that toda, the injector of Chaos Mesh, gives them. */
export const FILE_METHODS = [
  ...(["lookup", "forget", "getattr", "setattr", "readlink", "mknod", "mkdir", "unlink"] as const),
  ...(["rmdir", "symlink", "rename", "link", "open", "read", "write", "flush"] as const),
  ...(["release", "fsync", "opendir", "readdir", "releasedir", "fsyncdir", "statfs", "setxattr"] as const),
  ...(["getxattr", "listxattr", "removexattr", "access", "create", "getlk", "setlk", "bmap"] as const),
] as const;

export type FileMethod = (typeof FILE_METHODS)[number];

/** What stat says instead of the truth; times are Unix seconds and nanoseconds, `kind` is Chaos Mesh's word. */
export type FileAttributes = {
  readonly numbers: Readonly<
    Partial<Record<"ino" | "size" | "blocks" | "perm" | "nlink" | "uid" | "gid" | "rdev", number>>
  >;
  readonly times: Readonly<
    Partial<Record<"atime" | "mtime" | "ctime", { readonly sec: number; readonly nsec: number }>>
  >;
  readonly kind?: string;
};

export type FileAct =
  | { readonly kind: "latency"; readonly delayMs: number }
  | { readonly kind: "fault"; readonly errno: number }
  | { readonly kind: "attrOverride"; readonly attributes: FileAttributes }
  | {
      readonly kind: "mistake";
      /** As written: `zero` or `random`. */
      readonly filling: string;
      readonly maxOccurrences: number;
      readonly maxLength: number;
    };

export type FileFaultSpec = {
  /** Empty where the manifest has none: the cluster admits that. */
  readonly volumePath: string;
  /** Glob over absolute paths; empty: every path. */
  readonly path: string;
  /** As written, known or not; empty: every method. */
  readonly methods: readonly string[];
  /** 0..100. */
  readonly percent: number;
  /** Empty: the first container of each pod. */
  readonly containerNames: readonly string[];
  readonly act: FileAct;
};

/** Chaos Mesh's names of the clocks that a TimeChaos may shift. */
export const CLOCK_IDS = [
  "CLOCK_REALTIME",
  "CLOCK_MONOTONIC",
  "CLOCK_PROCESS_CPUTIME_ID",
  "CLOCK_THREAD_CPUTIME_ID",
  "CLOCK_MONOTONIC_RAW",
  "CLOCK_REALTIME_COARSE",
  "CLOCK_MONOTONIC_COARSE",
  "CLOCK_BOOTTIME",
  "CLOCK_REALTIME_ALARM",
  "CLOCK_BOOTTIME_ALARM",
] as const;

export type ClockId = (typeof CLOCK_IDS)[number];

export type ClockFaultSpec = {
  /** Milliseconds, to the nanosecond; negative is into the past. */
  readonly offsetMs: number;
  /** Never empty: CLOCK_REALTIME when the manifest names none. A name that Chaos Mesh does not know is left out. */
  readonly clocks: readonly ClockId[];
  /** Empty: the first container of each pod. */
  readonly containerNames: readonly string[];
};

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
  readonly schedule?: {
    readonly cron: string;
    readonly concurrencyPolicy: "Forbid" | "Allow";
    readonly startingDeadlineSeconds?: number;
  };
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
    | { readonly kind: "StressChaos"; readonly stress: StressFaultSpec }
    | { readonly kind: "IOChaos"; readonly io: FileFaultSpec }
    | { readonly kind: "TimeChaos"; readonly clock: ClockFaultSpec }
    | { readonly kind: "Other"; readonly chaosKind: ChaosKind }
  );

export type ExperimentOf<K extends Experiment["kind"]> = Extract<Experiment, { kind: K }>;
