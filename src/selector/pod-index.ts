// A snapshot arranged for many selections: pods by namespace and by label within a namespace, so that an experiment looks only at
// pods that carry one of its labels. 50,000 pods and 500 experiments would be 25 million looks otherwise.

import type { Selector } from "../manifest/experiment.ts";
import type { Requirement } from "./label-requirement.ts";
import type { NodeFact, PodFact, Snapshot } from "./snapshot.ts";

type Namespace = {
  readonly pods: PodFact[];
  readonly byName: Map<string, PodFact>;
  /** Label key -> value -> pods. Made for a key when the first selector asks for it. */
  readonly byLabel: Map<string, ReadonlyMap<string, readonly PodFact[]>>;
};

export class PodIndex {
  readonly nodes: ReadonlyMap<string, NodeFact>;
  /** How many pods each workload has, by `namespace/workload`. */
  readonly workloadSizes: ReadonlyMap<string, number>;
  /** How many of them are ready. */
  readonly readySizes: ReadonlyMap<string, number>;
  readonly #namespaces = new Map<string, Namespace>();

  constructor({ pods, nodes }: Snapshot) {
    this.nodes = new Map(nodes.map((node) => [node.name, node]));
    const sizes = new Map<string, number>();
    const ready = new Map<string, number>();
    for (const pod of pods) {
      this.#add(pod);
      const key = workloadOf(pod);
      sizes.set(key, (sizes.get(key) ?? 0) + 1);
      if (pod.ready) ready.set(key, (ready.get(key) ?? 0) + 1);
    }
    this.workloadSizes = sizes;
    this.readySizes = ready;
  }

  /** The pods of these names, each once; names of nobody are skipped. */
  named(names: NonNullable<Selector["pods"]>): readonly PodFact[] {
    return Object.entries(names).flatMap(([namespace, list]) => {
      const { byName } = this.#namespaces.get(namespace) ?? {};
      return byName === undefined ? [] : [...new Set(list)].flatMap((name) => byName.get(name) ?? []);
    });
  }

  /** Every pod of the namespace that can meet the requirements, and perhaps some more; in the snapshot's order. */
  candidates(namespace: string, labels: readonly Requirement[]): readonly PodFact[] {
    const place = this.#namespaces.get(namespace);
    if (place === undefined) return [];
    const lists = labels.flatMap(({ key, operator, values }) => {
      const [value, more] = values;
      if (operator !== "in" || value === undefined || more !== undefined) return [];
      return [labelled(place, key).get(value) ?? []];
    });
    return lists.reduce((least, list) => (list.length < least.length ? list : least), place.pods);
  }

  #add(pod: PodFact): void {
    let place = this.#namespaces.get(pod.namespace);
    if (place === undefined) {
      place = { pods: [], byName: new Map(), byLabel: new Map() };
      this.#namespaces.set(pod.namespace, place);
    }
    place.pods.push(pod);
    place.byName.set(pod.name, pod);
  }
}

/** Snapshots never change, so one index serves every experiment of a review, and goes when its snapshot goes. */
const indices = new WeakMap<Snapshot, PodIndex>();

/** The index of a snapshot, made once. */
export function indexOf(snapshot: Snapshot): PodIndex {
  const known = indices.get(snapshot);
  if (known !== undefined) return known;
  const made = new PodIndex(snapshot);
  indices.set(snapshot, made);
  return made;
}

/** `namespace/Deployment/checkout`; a pod without a controller is a workload of its own. */
export function workloadOf({ namespace, workload, name }: PodFact): string {
  return `${namespace}/${workload ?? `Pod/${name}`}`;
}

function labelled(place: Namespace, key: string): ReadonlyMap<string, readonly PodFact[]> {
  const known = place.byLabel.get(key);
  if (known !== undefined) return known;
  const values = new Map<string, PodFact[]>();
  for (const pod of place.pods) {
    const value = pod.labels[key];
    if (value === undefined) continue;
    const list = values.get(value);
    if (list === undefined) values.set(value, [pod]);
    else list.push(pod);
  }
  place.byLabel.set(key, values);
  return values;
}
