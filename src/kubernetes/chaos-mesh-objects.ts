// The objects of Chaos Mesh that are ours, by their labels: found, and what they say of themselves.

import { messageOf } from "../errors.ts";
import { CHAOS_MESH_KINDS } from "../run/chaos-mesh-order.ts";
import type { Api } from "./api.ts";
import { doubt } from "./chaos-mesh-refusals.ts";
import { type Item, isPassing, record, refused } from "./list.ts";

export const GROUP = "/apis/chaos-mesh.org/v1alpha1";

export const RUN_LABEL = "chaosgate.dev/run";
export const FAULT_LABEL = "chaosgate.dev/fault";
export const VICTIM_LABEL = "chaosgate.dev/pod-uid";
/** Between two looks at an object that is on its way, in ms. */
export const LOOK_EVERY_MS = 250;
/** The term of the runner that made it. */
export const EPOCH = "chaosgate.dev/epoch";
/** By this annotation people hold an experiment up. */
const PAUSE = "experiment.chaos-mesh.org/pause";

export type Found = {
  readonly kind: string;
  readonly path: string;
  readonly title: string;
  readonly fault: string;
  readonly item: Item;
};

/** What was found, and why some kinds could not be looked for, with what was thrown. */
export type Looked = {
  readonly found: readonly Found[];
  readonly unread: readonly { readonly why: string; readonly thrown: unknown }[];
};

/** Of every kind and namespace; a kind that is not installed has no objects, and one that cannot be listed hides no other. */
export async function lookFor(api: Api, selector: string): Promise<Looked> {
  const lists = await Promise.all(
    Object.entries(CHAOS_MESH_KINDS).map(async ([kind, plural]): Promise<Looked> => {
      try {
        return { found: await listKind(api, kind, plural, selector), unread: [] };
      } catch (thrown) {
        return { found: [], unread: [{ why: `${kind} could not be looked for: ${messageOf(thrown)}`, thrown }] };
      }
    }),
  );
  return { found: lists.flatMap(({ found }) => found), unread: lists.flatMap(({ unread }) => unread) };
}

/** The same, for whoever must know all: rejects where a kind could not be looked for. */
export async function listOurs(api: Api, selector = RUN_LABEL): Promise<readonly Found[]> {
  const { found, unread } = await lookFor(api, selector);
  for (const { thrown } of unread) throw thrown;
  return found;
}

async function listKind(api: Api, kind: string, plural: string, selector: string): Promise<readonly Found[]> {
  const path = `${GROUP}/${plural}`;
  const { status, body } = await api.ask({ method: "GET", path, query: { labelSelector: selector } });
  if (status === 404) return [];
  if (status !== 200) throw refused(api, path, status, body);
  const { items } = record(body);
  return (Array.isArray(items) ? items : []).map((item) => foundOf(kind, record(item)));
}

/** Somebody ended it before its time: it was deleted, or is held up. */
export function isTakenAway({ item }: Found): boolean {
  const { deletionTimestamp, annotations } = record(item.metadata);
  return deletionTimestamp !== undefined || (isStopped(item) && record(annotations)[PAUSE] === "true");
}

function isStopped(item: Item): boolean {
  return record(record(item.status).experiment).desiredPhase === "Stop";
}

export function foundOf(kind: string, item: Item): Found {
  const { name, namespace } = record(item.metadata);
  const path = `${GROUP}/namespaces/${encodeURIComponent(String(namespace))}/${CHAOS_MESH_KINDS[kind]}/${encodeURIComponent(String(name))}`;
  return { kind, path, title: `${kind} ${namespace}/${name}`, fault: String(labelsOf(item)[FAULT_LABEL]), item };
}

export async function get(api: Api, path: string): Promise<Item | undefined> {
  const { status, body } = await api.ask({ method: "GET", path });
  if (status === 404) return undefined;
  if (status !== 200) throw refused(api, path, status, body);
  return record(body);
}

export function isTrue(item: Item, type: string): boolean {
  const { conditions } = record(item.status);
  return (Array.isArray(conditions) ? conditions : [])
    .map(record)
    .some((one) => one.type === type && one.status === "True");
}

export function records(item: Item): readonly Item[] {
  const { containerRecords } = record(record(item.status).experiment);
  return (Array.isArray(containerRecords) ? containerRecords : []).map(record);
}

/** What Chaos Mesh says of its records, and the last thing that went wrong. */
export function stateOf(item: Item): string {
  const told = records(item).map(({ id, phase, events }) => {
    const failures = (Array.isArray(events) ? events : []).map(record).filter(({ type }) => type === "Failed");
    const last = failures.at(-1)?.message;
    return `${String(id)} is ${String(phase)}${typeof last === "string" ? ` (${last.slice(0, 200)})` : ""}`;
  });
  const { finalizers } = record(item.metadata);
  const held = Array.isArray(finalizers) && finalizers.length > 0 ? `, held by ${finalizers.join(", ")}` : "";
  return `${told.length === 0 ? "it has no record of any pod" : told.join("; ")}${held}`;
}

export function labelsOf(item: Item): Item {
  return record(record(item.metadata).labels);
}

export async function lookAt(api: Api, path: string): Promise<Item | "unanswered" | undefined> {
  try {
    return await get(api, path);
  } catch (thrown) {
    if (isPassing(thrown)) return "unanswered";
    throw thrown;
  }
}

/** A runner whose term is over decides nothing any more. */
export function fence({ item, title }: Found, epoch: number): void {
  const held = Number(record(record(item.metadata).annotations)[EPOCH]);
  if (epoch < held) throw doubt(`${title} belongs to term ${held}, and this runner's is ${epoch}`);
}
