// What the cluster says of the services that the settings model: a snapshot enters, facts by service leave. Nothing is derived here
// that the snapshot does not hold; a fact that nobody sent is absent.

import type { PodFact, Snapshot, TcpFact } from "../selector/snapshot.ts";
import type { ServiceModel } from "./service-model.ts";

/** One measured figure and the query that gave it. */
export type Measurement = { readonly value: number; readonly query: string };

export type ServiceFacts = {
  readonly replicas: number;
  readonly ratePerSecond?: Measurement;
  /** Usual time of a call in seconds, by the called service. */
  readonly callSeconds: Readonly<Record<string, Measurement>>;
};

export type LiveFacts = {
  readonly services: Readonly<Record<string, ServiceFacts>>;
  /** The smallest buffers among the nodes that said theirs, and their congestion control where all have the same. */
  readonly tcp?: TcpFact & { readonly nodes: readonly string[] };
};

/** A cluster that nobody looked at. */
export const NO_FACTS: LiveFacts = { services: {} };

/** The keys under which a snapshot holds what queries of the settings measured. */
export const MEASURED = {
  rate: (service: string): string => `${service}/rate`,
  serviceTime: (service: string, to: string): string => `${service}/${to}/service-time`,
} as const;

/** The queries of the settings by the key of their answer, for whoever can ask Prometheus. */
export function queriesOf(services: readonly ServiceModel[]): Readonly<Record<string, string>> {
  const named = services.flatMap(({ name, rateQuery, calls }) => [
    ...(rateQuery === undefined ? [] : [[MEASURED.rate(name), rateQuery] as const]),
    ...calls.flatMap(({ to, serviceTimeQuery: query }) =>
      query === undefined ? [] : [[MEASURED.serviceTime(name, to), query] as const],
    ),
  ]);
  return Object.fromEntries(named);
}

/** Facts of the modelled services. */
export function liveFacts(snapshot: Snapshot | undefined, services: readonly ServiceModel[]): LiveFacts {
  if (snapshot === undefined) return NO_FACTS;
  const tcp = tcpOf(snapshot);
  return {
    services: Object.fromEntries(services.map((service) => [service.name, factsOf(service, snapshot)])),
    ...(tcp !== undefined && { tcp }),
  };
}

function factsOf(service: ServiceModel, snapshot: Snapshot): ServiceFacts {
  const rate = measured(snapshot, MEASURED.rate(service.name), service.rateQuery);
  const calls = service.calls.flatMap(({ to, serviceTimeQuery }) => {
    const found = measured(snapshot, MEASURED.serviceTime(service.name, to), serviceTimeQuery);
    return found === undefined ? [] : [[to, found] as const];
  });
  return {
    replicas: snapshot.pods.filter((pod) => isPodOf(service, pod)).length,
    ...(rate !== undefined && { ratePerSecond: rate }),
    callSeconds: Object.fromEntries(calls),
  };
}

/** Whether a pod is one of a service: same namespace, and every label of the service. */
export function isPodOf({ namespace, labels }: ServiceModel, pod: PodFact): boolean {
  const asked = Object.entries(labels);
  return pod.namespace === namespace && asked.length > 0 && asked.every(([key, value]) => pod.labels[key] === value);
}

/** A query that found nothing, or NaN of 0/0, is no fact. */
function measured(snapshot: Snapshot, key: string, query: string | undefined): Measurement | undefined {
  const value = snapshot.measured?.[key];
  if (query === undefined || value === undefined || !Number.isFinite(value) || value < 0) return undefined;
  return { value, query };
}

function tcpOf({ nodes }: Snapshot): LiveFacts["tcp"] {
  const told = nodes.flatMap(({ name, tcp }) => (tcp === undefined ? [] : [{ name, tcp }]));
  const [first] = told;
  if (first === undefined) return undefined;
  const controls = new Set(told.map(({ tcp }) => tcp.congestionControl));
  return {
    receiveMaxBytes: Math.min(...told.map(({ tcp }) => tcp.receiveMaxBytes)),
    sendMaxBytes: Math.min(...told.map(({ tcp }) => tcp.sendMaxBytes)),
    congestionControl: controls.size === 1 ? first.tcp.congestionControl : "mixed",
    nodes: told.map(({ name }) => name),
  };
}
