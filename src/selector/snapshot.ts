import type { Expression } from "../manifest/experiment.ts";

/** A container of a pod and how the daemon reaches it. */
export type ContainerFact = {
  readonly name: string;
  readonly containerId?: string;
  /** The embedded default's processes only. */
  readonly localPid?: number;
  readonly liveness?: ProbeFact;
  readonly readiness?: ProbeFact;
};

/** A kubelet's probe with its defaults filled in, in seconds. */
export type ProbeFact = {
  readonly timeoutSeconds: number;
  readonly periodSeconds: number;
  readonly failureThreshold: number;
};

/** TCP's sysctls of a node, as its daemon read them: the third figures of tcp_rmem and tcp_wmem, and tcp_congestion_control. */
export type TcpFact = {
  readonly receiveMaxBytes: number;
  readonly sendMaxBytes: number;
  readonly congestionControl: string;
};

export type PodFact = {
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly node: string;
  readonly phase: string;
  readonly ready: boolean;
  readonly ip: string;
  readonly hostNetwork: boolean;
  /** `Deployment/checkout`; absent: a pod without a controller. */
  readonly workload?: string;
  readonly serviceAccount?: string;
  /** Absent: `Always`. */
  readonly restartPolicy?: string;
  /** Absent: `default-scheduler`. */
  readonly schedulerName?: string;
  readonly nominatedNode?: string;
  readonly containers: readonly ContainerFact[];
};

export type NodeFact = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly tcp?: TcpFact;
};

export type NamespaceFact = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
};

export type DisruptionBudget = {
  readonly namespace: string;
  readonly name: string;
  readonly matchLabels: Readonly<Record<string, string>>;
  readonly matchExpressions?: readonly Expression[];
  readonly disruptionsAllowed: number;
};

/** How Chaos Mesh was installed (Helm's clusterScoped, controllerManager.targetNamespace and enableFilterNamespace). */
export type ChaosMeshScope = {
  /** Only this namespace can be hit. Absent: the whole cluster. */
  readonly targetNamespace?: string;
  /** Only namespaces with the annotation `chaos-mesh.org/inject: enabled` can be hit. */
  readonly annotatedOnly?: boolean;
};

/** What a cluster looked like at one moment; everything selection, policy and preflight may look at. */
export type Snapshot = {
  /** UID of the kube-system namespace, or of the local cluster. */
  readonly clusterId: string;
  /** Unix milliseconds. */
  readonly takenAt: number;
  readonly namespaces: readonly NamespaceFact[];
  readonly pods: readonly PodFact[];
  readonly nodes: readonly NodeFact[];
  readonly budgets: readonly DisruptionBudget[];
  /** Answers of Prometheus to the queries that the settings' service model names, by key. */
  readonly measured?: Readonly<Record<string, number>>;
  /** Absent: Chaos Mesh may hit every namespace, as it is installed by default. */
  readonly scope?: ChaosMeshScope;
};
