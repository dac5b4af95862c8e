// What a run needs from the world, named by role. Edges implement these; one contract suite (test/contract) holds every
// implementation, embedded or Kubernetes, to the same behaviour. All times are Unix milliseconds unless a name says otherwise.

import type { FileAttributes, FileMethod } from "../manifest/experiment.ts";
import type { ClusterPolicy } from "../policy/cluster-policy.ts";
import type { Snapshot, TcpFact } from "../selector/snapshot.ts";
import type { ChaosMeshOrder, Felt } from "./chaos-mesh-order.ts";
import type { Order, RunReport } from "./report.ts";

export interface Cluster {
  snapshot(): Promise<Snapshot>;
  /** Whether this namespace consents to be hit, and why not. */
  consent(namespace: string): Promise<{ readonly granted: true } | { readonly granted: false; readonly why: string }>;
  /** Addresses whose traffic the fault must leave alone: Prometheus, probes, node agents. */
  exemptions(): Promise<readonly Exemption[]>;
  /** What the cluster's owners permit; absent where a cluster has no policies of its own, and empty permits nothing. */
  policies?(): Promise<readonly ClusterPolicy[]>;
}

/** CIDR (an address is a /32 or /128) and the peer's port, 0 for every port. */
export type PeerAddress = { readonly cidr: string; readonly port: number };

/** An address that is left alone; one with a node matters only to pods on it, as their kubelet's does. */
export type Exemption = PeerAddress & { readonly node?: string };

/** A peer that the daemon looks up as the victim would, again while the fault lasts. */
export type PeerName = { readonly name: string; readonly port: number };

export type VictimRef = {
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly container: string;
  readonly containerId?: string;
  readonly localPid?: number;
};

export type FaultRequest = {
  readonly ticket: string;
  readonly runId: string;
  readonly faultId: string;
  readonly epoch: number;
  readonly victim: VictimRef;
  readonly deadlineMs: number;
  readonly fault: FaultOrder;
};

/** What a daemon is asked to do to one victim. */
export type FaultOrder =
  | NetworkFaultOrder
  | ProcessFaultOrder
  | FreezeFaultOrder
  | PressureFaultOrder
  | FileIoFaultOrder
  | ClockFaultOrder
  | ChaosMeshOrder;

export type NetworkFaultOrder = {
  readonly kind: "network";
  readonly direction: "to" | "from" | "both";
  readonly peers: readonly (PeerAddress | PeerName)[];
  readonly exempt: readonly Exemption[];
  readonly device?: string;
  /** Whether the victim's connections to its peers end when the fault begins. */
  readonly resetsConnections?: true;
  readonly act:
    | {
        readonly kind: "netem";
        readonly delayMs: number;
        readonly jitterMs: number;
        readonly delayCorrelation: number;
        readonly loss: number;
        readonly lossCorrelation: number;
        readonly duplicate: number;
        readonly duplicateCorrelation: number;
        readonly corrupt: number;
        readonly corruptCorrelation: number;
        readonly reorder: number;
        readonly reorderCorrelation: number;
        readonly reorderGap: number;
        /** Bytes per second, 0 for no limit. */
        readonly rate: number;
      }
    | {
        /** Bytes, and bytes per second; a peakrate of 0 is none. */
        readonly kind: "bandwidth";
        readonly rate: number;
        readonly limit: number;
        readonly buffer: number;
        readonly peakrate: number;
        readonly minburst: number;
      }
    | { readonly kind: "partition" };
};

export type ProcessFaultOrder = { readonly kind: "process"; readonly signal: "kill" | "terminate" };

/** Every process of the container stands still until the fault ends. */
export type FreezeFaultOrder = { readonly kind: "freeze" };

/** Load on the container's own account; `load` is percent of one core by each worker, a percentage of memory is of its limit. */
export type PressureFaultOrder = {
  readonly kind: "pressure";
  readonly cpu?: { readonly workers: number; readonly load: number };
  readonly memory?:
    | { readonly kind: "bytes"; readonly bytes: number }
    | { readonly kind: "percent"; readonly percent: number };
};

/** File operations below one directory of the victim's container. */
export type FileIoFaultOrder = {
  readonly kind: "file-io";
  readonly volumePath: string;
  /** Empty: every path. */
  readonly path: string;
  /** Empty: every method. */
  readonly methods: readonly FileMethod[];
  readonly percent: number;
  readonly act:
    | { readonly kind: "latency"; readonly delayMs: number }
    | { readonly kind: "error"; readonly errno: number }
    | { readonly kind: "attributes"; readonly attributes: FileAttributes }
    | {
        readonly kind: "mistake";
        readonly filling: "zero" | "random";
        readonly maxOccurrences: number;
        readonly maxLength: number;
        /** Wrong bytes stay in the files for good; set only where the policy permits it. */
        readonly altersData: boolean;
      };
};

export type ClockFaultOrder = {
  readonly kind: "clock";
  /** Bit N is the clock with id N in Linux. */
  readonly clocks: number;
  /** Added to each reading, to the nanosecond. */
  readonly offsetMs: number;
};

export type FaultReceipt = {
  readonly faultId: string;
  readonly effect: string;
  readonly backEnd: string;
  readonly felt: Felt;
  readonly did: readonly string[];
};

export type NodeCapabilities = {
  readonly node: string;
  readonly effects: readonly {
    readonly effect: string;
    readonly available: boolean;
    readonly backEnd: string;
    readonly reason: string;
  }[];
  readonly maxDurationMs: number;
  readonly lease: { readonly renewEverySeconds: number; readonly expiresAfterSeconds: number };
  /** Absent where the daemon does not say. */
  readonly tcp?: TcpFact;
};

/** `lost`: the daemon does not know the run any more (restarted, expired, reverted), unless `why` says something else. */
export type Renewal =
  | { readonly kind: "renewed"; readonly remainingMs: number }
  | { readonly kind: "lost"; readonly why?: string };

/** One call per node; every refusal is an AppError `DAEMON_REFUSED` or `DAEMON_UNREACHABLE`. */
export interface Faults {
  capabilities(node: string): Promise<NodeCapabilities>;
  inject(node: string, request: FaultRequest): Promise<FaultReceipt>;
  renew(node: string, runId: string, epoch: number): Promise<Renewal>;
  /** Without `faultId` everything of the run; idempotent. */
  revert(
    node: string,
    runId: string,
    epoch: number,
    faultId?: string,
  ): Promise<{ readonly reverted: number; readonly failures: readonly string[] }>;
  residue(node: string, victims: readonly VictimRef[]): Promise<readonly string[]>;
  /** Fault ids of the run that are active now. */
  active(node: string, runId: string): Promise<readonly string[]>;
}

/** The other end of a measurement; the implementation knows on which port that pod listens. */
export type PodAddress = {
  readonly namespace: string;
  readonly pod: string;
  readonly podUid: string;
  readonly ip: string;
};

/** Optional: where somebody can stand inside a pod and look, a run shows what was felt beside what was predicted. */
export interface Probe {
  /** Times in ms of a few new TCP connections from a pod's network to another pod, taken by the pod's own clock. Rejects with AppError. */
  connectTimes(from: VictimRef, to: PodAddress): Promise<readonly number[]>;
}

export type Series = { readonly labels: Readonly<Record<string, string>>; readonly value: number; readonly at: number };

export interface Metrics {
  /** Instant query. An error is a value here because a blind guard must decide on it. */
  query(
    promql: string,
    at: number,
  ): Promise<
    { readonly ok: true; readonly series: readonly Series[] } | { readonly ok: false; readonly error: string }
  >;
}

export type SilenceRequest = {
  readonly runId: string;
  readonly matchers: readonly { readonly name: string; readonly value: string; readonly isRegex: boolean }[];
  readonly startsAt: number;
  readonly endsAt: number;
  readonly comment: string;
};

export interface Silences {
  create(request: SilenceRequest): Promise<string>;
  /** Returns the id in force afterwards (Alertmanager may answer with a new one). */
  extend(id: string, request: SilenceRequest): Promise<string>;
  /** Idempotent: a silence that is gone is success. */
  expire(id: string): Promise<void>;
}

export type JournalEntry = {
  readonly at: number;
  readonly runId: string;
  readonly kind: string;
  readonly data: unknown;
};

/** What a journal that people look into may show of a run before it has begun. */
export type RunSubject = {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** owner/name */
  readonly repository: string;
  readonly pullRequest: number;
  readonly commit: string;
  readonly environment: string;
  readonly path: string;
  readonly sha256: string;
  readonly requester: string;
  /** Unix milliseconds; until then the claim must not be forgotten. */
  readonly expiresAt: number;
  /** Compact JWS: whoever guards the journal's place may ask whether a claim comes with one. */
  readonly ticket?: string;
};

export interface Journal {
  /** Entries of one run, in order and durable before it resolves; a rejection makes the runner roll back first and then exit. */
  append(...entries: readonly JournalEntry[]): Promise<void>;
  read(runId: string): Promise<readonly JournalEntry[]>;
  /** Every run that is on record, finished or not. */
  runs(): Promise<readonly string[]>;
  /** The atomic claim: false when this run is on record already, so that a repeated delivery cannot run twice. */
  claim(runId: string, at: number, subject?: RunSubject): Promise<boolean>;
}

export interface Reports {
  /** Retried by the implementation until accepted; the answer carries orders. */
  send(report: RunReport): Promise<readonly Order[]>;
}

/** A ticket that waits for this cluster, its signature verified and its claims still to be read, with the files that came along. */
export type Delivery = {
  /** Compact JWS, as it is handed to the daemons. */
  readonly ticket: string;
  readonly payload: unknown;
  readonly repository: { readonly owner: string; readonly name: string };
  readonly files: readonly { readonly path: string; readonly text: string; readonly sha256: string }[];
};

/** "Which pods would this hit?" */
export type PreviewQuestion = {
  readonly previewId: string;
  readonly repository: { readonly owner: string; readonly name: string };
  readonly namespaces: readonly string[];
  /** PromQL of the settings' service model, by the key under which the snapshot holds its answer. */
  readonly queries?: Readonly<Record<string, string>>;
};

/** Where tickets and questions come from. Asking changes nothing: what is open is answered again until it is reported on. */
export interface Tickets {
  open(): Promise<{ readonly deliveries: readonly Delivery[]; readonly previews: readonly PreviewQuestion[] }>;
  answer(question: PreviewQuestion, snapshot: Snapshot): Promise<void>;
  /** Standing tickets that permit a run at this moment; one that is missing was revoked, or is held up. */
  standing(): Promise<readonly Delivery[]>;
}

/** Structured lines: facts as fields, the message always the same words. */
export interface Log {
  info(facts: Readonly<Record<string, unknown>>, message: string): void;
  error(facts: Readonly<Record<string, unknown>>, message: string): void;
}
